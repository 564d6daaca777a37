"""What a trace asks and what its answers mean: hops, changes, path MTU; no packet is made or sent here.

Paris traceroute (Augustin et al., IMC 2006): what a router hashes is constant in a flow, so that a flow sees one path;
several flows see the branches.
"""

from collections.abc import Iterable

import msgspec

MOST_FLOWS, MOST_HOPS, MOST_PROBES = 16, 64, 10
LEAST_MTU_BYTES, MOST_MTU_BYTES = 576, 9_000
_NEAR_BYTES = 4


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a child is asked, JSON on its standard input."""

    address: str
    """IPv4 in digits."""
    flows: int = 8
    max_hops: int = 30
    probes: int = 2
    """Packets a flow and hop."""
    wait_seconds: float = 1.0
    """For answers to one group of hops."""
    mtu_ceiling_bytes: int = 1500
    """Largest packet tried; 0 for no search."""
    seed: int = 0
    """Of the identifiers: two traces at once have different ones."""


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """One packet that came back."""

    flow: int
    ttl: int
    probe: int
    address: str
    rtt_seconds: float
    last: bool
    """Whether it came from the target, or from who said that it cannot be reached."""


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """What a child tells, JSON on its standard output; ``error`` is one line where it could not measure."""

    sent: dict[int, int] = {}
    """Packets by TTL."""
    answers: list[Answer] = []
    path_mtu_bytes: int | None = None
    mtu_told_by: str = ""
    """The router that said it; empty where it was found by what went through."""
    reached: bool = False
    error: str = ""
    denied: bool = False
    """Whether the error is one of rights."""


class Hop(msgspec.Struct, frozen=True, kw_only=True):
    """What is so many hops away."""

    ttl: int
    addresses: tuple[str, ...]
    """Sorted; empty where nobody answered."""
    sent: int
    received: int
    rtt_min_seconds: float | None
    rtt_max_seconds: float | None


def hops_of(answers: Answers) -> tuple[Hop, ...]:
    """The hops from the first to the target, or to the last that anybody answered for; doubled answers count once."""
    seen = {(one.ttl, one.flow, one.probe): one for one in answers.answers}
    ends = [one.ttl for one in seen.values() if one.last]
    far = min(ends) if ends else max((one.ttl for one in seen.values()), default=0)
    return tuple(_hop(ttl, answers.sent.get(ttl, 0), seen.values()) for ttl in range(1, far + 1))


def _hop(ttl: int, sent: int, answers: Iterable[Answer]) -> Hop:
    mine = [one for one in answers if one.ttl == ttl]
    rtts = [one.rtt_seconds for one in mine]
    return Hop(
        ttl=ttl,
        addresses=tuple(sorted({one.address for one in mine})),
        sent=sent,
        received=len(mine),
        rtt_min_seconds=min(rtts, default=None),
        rtt_max_seconds=max(rtts, default=None),
    )


Path = tuple[frozenset[str], ...]
"""Addresses by hop; an empty set where nobody answered."""


def path_of(hops: Iterable[Hop]) -> Path:
    """What is compared of a trace."""
    return tuple(frozenset(hop.addresses) for hop in hops)


def same_path(before: Path, after: Path) -> bool:
    """Whether two traces may be of one path: a hop that is silent, or a branch not met this time, changes nothing."""
    if len(before) != len(after):
        # A target that fell silent shortens the trace; what was seen of it must still agree.
        shorter = min(len(before), len(after))
        return bool(shorter) and before[:shorter] == after[:shorter] and (not before[-1] or not after[-1])
    return all(not old or not new or old & new for old, new in zip(before, after, strict=True))


def merged(before: Path, after: Path) -> Path:
    """What is known of one path after another trace of it: branches add up, silence forgets nothing."""
    longer = max(before, after, key=len)
    pairs = zip(before, after, strict=False)
    return (*(old | new for old, new in pairs), *longer[min(len(before), len(after)) :])


def in_words(path: Path) -> str:
    """One line for an operator."""
    return " ".join("/".join(sorted(hop)) or "*" for hop in path) or "nothing"


class MtuSearch:
    """Finds the largest packet that goes through unfragmented (RFC 1191, RFC 4821); sizes are whole IP packets."""

    def __init__(self, ceiling_bytes: int) -> None:
        self._good = 0
        self._bad = ceiling_bytes + 1
        self._hint = ceiling_bytes
        self.told_by = ""

    def size_bytes(self) -> int | None:
        """What to try next; None where the search is over."""
        if self._bad - self._good <= 1 or self._bad <= LEAST_MTU_BYTES:
            return None
        if self._good < self._hint < self._bad:
            return self._hint
        if not self._good:
            return LEAST_MTU_BYTES
        if self._bad - self._good <= _NEAR_BYTES:
            return self._good + 1
        return (self._good + self._bad) // 2

    def went_through(self, size_bytes: int) -> None:
        """The target answered a packet of this size."""
        self._good = max(self._good, size_bytes)

    def was_too_big(self, size_bytes: int, hint_bytes: int = 0, told_by: str = "") -> None:
        """Nobody answered it, or a router said what would fit."""
        self._bad = min(self._bad, size_bytes)
        if LEAST_MTU_BYTES <= hint_bytes < self._bad:
            self._hint, self.told_by = hint_bytes, told_by
            self._bad = hint_bytes + 1

    def found_bytes(self) -> int | None:
        """The path MTU, None where not even the least packet came back."""
        return self._good or None
