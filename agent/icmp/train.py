"""What a train of packets tells: facts from send stamps, replies and errors, without a clock of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from agent.icmp.packet import ErrorKind


@dataclass(frozen=True, slots=True)
class TrainError:
    """An ICMP error that came instead of a reply."""

    index: int
    kind: ErrorKind
    sender: str
    """Address of the router or host that sent the error."""
    mtu: int | None = None


@dataclass(frozen=True, slots=True)
class Train:
    """What was seen of one train: all times in nanoseconds of one clock."""

    sent_ns: Sequence[int | None]
    """When each packet left; None where the machine could not send it."""
    replies: Sequence[tuple[int, int]]
    """(index, received) in the order of arrival."""
    timeout_ns: int
    """Deadline of each packet, from its sending."""
    errors: Sequence[TrainError] = ()


@dataclass(frozen=True, slots=True)
class TrainFacts:
    """What a train tells about the way to a target and back; times in nanoseconds."""

    sent: int
    rtts_ns: tuple[int | None, ...]
    """Round-trip times in sending order; None where no reply came before its deadline."""
    duplicates: int
    """Replies beyond the first to a packet."""
    late: int
    """Packets whose reply came after its deadline: no round-trip time, and not lost either."""
    reordered: int
    """Replies in time that came after the reply to a later packet (RFC 4737)."""
    loss_runs: tuple[int, ...]
    """Lengths of the runs of lost packets (RFC 3357), in sending order."""
    errors: tuple[TrainError, ...] = ()

    @property
    def received(self) -> int:
        """Packets answered before their deadline."""
        return len(self.rtts_ns) - self.rtts_ns.count(None)

    @property
    def lost(self) -> int:
        """Packets that were sent and never answered."""
        return sum(self.loss_runs)

    @property
    def longest_loss_run(self) -> int:
        """Packets in the longest run of lost ones."""
        return max(self.loss_runs, default=0)

    @property
    def rtt_min_ns(self) -> int | None:
        """Shortest round-trip time."""
        return min(self._heard(), default=None)

    @property
    def rtt_median_ns(self) -> float | None:
        """Median round-trip time."""
        heard = self._heard()
        if not heard:
            return None
        heard.sort()
        return (heard[(len(heard) - 1) // 2] + heard[len(heard) // 2]) / 2

    @property
    def rtt_max_ns(self) -> int | None:
        """Longest round-trip time."""
        return max(self._heard(), default=None)

    @property
    def jitter_ns(self) -> float | None:
        """Mean of the absolute differences between consecutive replies' delays (RFC 3393); None for fewer than two."""
        heard = self._heard()
        if len(heard) < 2:
            return None
        return sum(abs(after - before) for before, after in pairwise(heard)) / (len(heard) - 1)

    def _heard(self) -> list[int]:
        return [rtt for rtt in self.rtts_ns if rtt is not None]


def facts_of(train: Train) -> TrainFacts:
    """Judge each packet of a train: in time, late or lost."""
    sent_ns = train.sent_ns
    rtts: list[int | None] = [None] * len(sent_ns)
    answered = bytearray(len(sent_ns))
    duplicates = late = reordered = 0
    newest = -1
    for index, received_ns in train.replies:
        left_ns = sent_ns[index] if 0 <= index < len(sent_ns) else None
        if left_ns is None:
            continue
        if answered[index]:
            duplicates += 1
            continue
        answered[index] = 1
        rtt_ns = received_ns - left_ns
        if rtt_ns > train.timeout_ns:
            late += 1
            continue
        rtts[index] = max(0, rtt_ns)
        if index < newest:
            reordered += 1
        else:
            newest = index
    return TrainFacts(
        sent=len(sent_ns) - list(sent_ns).count(None),
        rtts_ns=tuple(rtts),
        duplicates=duplicates,
        late=late,
        reordered=reordered,
        loss_runs=_loss_runs(sent_ns, answered),
        errors=tuple(train.errors),
    )


def _loss_runs(sent_ns: Sequence[int | None], answered: bytearray) -> tuple[int, ...]:
    if all(answered):
        return ()
    runs: list[int] = []
    run = 0
    for left_ns, heard in zip(sent_ns, answered, strict=True):
        if left_ns is None:
            continue
        if not heard:
            run += 1
        elif run:
            runs.append(run)
            run = 0
    return (*runs, run) if run else tuple(runs)
