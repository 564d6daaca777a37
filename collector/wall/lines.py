"""A link that is judged apart, as the document of the status page has it; it judges nothing."""

import msgspec

from collector.picture import LinkView

_SECOND_NS = 1_000_000_000


class LinkFrame(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A link with its state; times are Unix seconds."""

    link: str
    provider: str
    kind: str
    state: str
    since: float
    reason: str
    facts_at: float | None


def link_frame(view: LinkView) -> LinkFrame:
    """The link of a picture."""
    link, verdict = view.link, view.verdict
    return LinkFrame(
        link=link.name,
        provider=link.provider,
        kind=link.kind,
        state=verdict.state.word,
        since=verdict.since_ns / _SECOND_NS,
        reason=verdict.reason,
        facts_at=None if verdict.facts_at_ns is None else verdict.facts_at_ns / _SECOND_NS,
    )
