"""How far traces from inside a site came, against where its provider begins; it traces nothing and draws no cause."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from collector.incident import Clue
from collector.judgement.clues import ClueKind
from shared.wire.reading import Outcome, Reading

HOPS = "phusong_path_hops"
_KEPT_TRACES = 16


@dataclass(slots=True)
class Paths:
    """The latest traces of one site's agent that did not arrive; bounded."""

    first_hop: int | None = None
    """At which hop the provider's first one is, from the latest trace that reached it."""
    ended: list[tuple[int, int, bool]] = field(default_factory=list)
    """When, how many hops answered, and whether it looked for the first hop itself."""

    def see(self, reading: Reading, at_ns: int, hops: int, *, first: bool) -> None:
        """A trace; ``first``: to the provider's first hop."""
        if reading.outcome is Outcome.OK and first:
            self.first_hop = hops
        elif reading.outcome is Outcome.UNREACHABLE:
            self.ended.append((at_ns, hops, first))
            self.ended.sort()
            del self.ended[:-_KEPT_TRACES]

    def clues(self, site: str, first_ns: int, last_ns: int) -> Iterator[Clue]:
        """The farthest that was reached in a time; where nobody at all answered, that is told by looks at the LAN."""
        seen = [one for one in self.ended if first_ns <= one[0] <= last_ns and one[1] > 0]
        if not seen:
            return
        at_ns, hops, first = max(seen, key=lambda one: one[1])
        if self.first_hop is not None:
            before = hops < self.first_hop
        elif first:
            before = True
        else:
            return  # Nobody knows whose the last hop is.
        kind = ClueKind.PATH_ENDED_BEFORE if before else ClueKind.PATH_ENDED_BEHIND
        yield Clue(kind=kind, at_ns=at_ns, site=site, value=float(hops))
