"""What the casebook is shown at one evaluation; nothing but records."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from collector.judgement.folding import Seen


class LostLink(msgspec.Struct, frozen=True, gc=False):
    """A link that is lost while its site is reached over another."""

    name: str
    provider: str
    since_ns: int


class Look(msgspec.Struct, frozen=True, gc=False):
    """One site. Times are wall times in nanoseconds."""

    seen: Seen
    """What the newest evidence says; DOWN until the site is held to be up again."""
    at_ns: int
    """The newest look, or 0 where none is fresh."""
    since_ns: int = 0
    """Of a lost site the first failure, of any other the first reply."""
    fresh: bool = True
    """Whether there is evidence at all: where not, what was held before is held still."""
    vouched: bool = True
    """Of a site that does not answer: whether who looked is known to have seen well since."""
    degraded_since_ns: int | None = None
    maintenance: bool = False
    lost_links: tuple[LostLink, ...] = ()
    """In the order of the inventory."""
    loss_ratio: float = 0.0
    """Of the packets that were sent to it lately from outside."""
    lossy: bool = False
    """Whether the site would be degraded without them."""
    held: bool = False
    """Whether a link was lost of which nothing shows that it is back: then what serves badly still does."""


class Blind(msgspec.Struct, frozen=True, gc=False):
    """An agent that looks at other sites and cannot be believed, or is not heard."""

    agent: str
    site: str
    since_ns: int
    silent: bool
    alone: bool = True
    """Whether nobody else looks at those sites."""


class Backlog(msgspec.Struct, frozen=True, gc=False):
    """How far an agent has told all it knows."""

    at_ns: int
    """When it said so."""
    oldest_ns: int | None
    """The oldest record that it still had to send."""

    def reaches(self, at_ns: int) -> bool:
        """Whether everything until then has arrived."""
        return self.at_ns > at_ns and (self.oldest_ns is None or self.oldest_ns > at_ns)


@dataclass(frozen=True, slots=True)
class Reports:
    """Sites of which an agent was ever heard, each with when one was last."""

    unheard: Mapping[str, int] = field(default_factory=dict)
    """Those of which none was for a short while."""
    heard: Mapping[str, int] = field(default_factory=dict)
    """All others."""


@dataclass(frozen=True, slots=True)
class Scene:
    """All of it."""

    now_ns: int
    looks: Mapping[str, Look]
    blind: tuple[Blind, ...] = ()
    silent: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """Agents of sites that are well, not heard for long: their site and since when."""
    reports: Reports = field(default_factory=Reports)
    backlogs: Mapping[str, tuple[Backlog | None, ...]] = field(default_factory=dict)
    """By site, of each agent that stands there; None of one that never said."""
    sighted: bool = False
    """Whether one that looks at other sites is known to see all of its own surroundings."""
    linked: tuple[str, ...] = ()
    """Sites whose links are judged apart."""
