"""What is in flight: the records an engine keeps of its targets and their trains; nothing here sends or waits."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from agent.icmp.packet import ErrorKind, Form
from agent.icmp.port import Manner, packed_address
from agent.icmp.train import Train, TrainError, TrainFacts, facts_of

_REPLIES_A_PACKET = 8
_ERRORS_A_PACKET = 4
_SURPLUS_TOLD = 65_536


@dataclass(frozen=True, slots=True)
class Plan:
    """How a train is sent; times in nanoseconds."""

    count: int = 5
    interval_ns: int = 200_000_000
    timeout_ns: int = 2_000_000_000
    linger_ns: int = 0
    """How much longer than the last packet's deadline late replies are waited for."""
    size_bytes: int = 56
    manner: Manner = field(default_factory=Manner)


@dataclass(frozen=True, slots=True)
class Journey:
    """A train that has ended."""

    facts: TrainFacts
    kernel_stamps: bool
    """Whether the kernel stamped every packet, both ways."""
    voided: str
    """Why the train says nothing about its target; empty when it does."""
    unsent: int
    """The errno that kept packets from being sent, or 0."""


class Flow:
    """A target as the engine knows it: its number in the payload, where it is, and its rounds in flight."""

    def __init__(self, number: int, after: Callable[[int], None]) -> None:
        self.number = number
        self.version = 4
        self.name = b""
        """Socket address."""
        self.address = b""
        self.rounds: dict[int, Convoy] = {}
        self.after = after
        """Told how many replies came after their train had ended."""
        self._next_round = 0
        self._next_sequence = 0

    def lead_to(self, version: int, name: bytes) -> None:
        """Where the target is from now on: IP version and socket address."""
        self.version, self.name, self.address = version, name, packed_address(version, name)

    def next_round(self, count: int) -> tuple[int, int]:
        """Number of a new round and the sequence number of its first packet."""
        number, first = self._next_round, self._next_sequence
        self._next_round = (number + 1) & 0xFFFF
        self._next_sequence = (first + count) & 0xFFFF
        return number, first


@dataclass(frozen=True, slots=True)
class Register:
    """What replies are looked up by: the engine's cookie and its targets by number."""

    cookie: bytes
    flows: dict[int, Flow] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What packets share that may leave in one system call; there is one object for equal ones."""

    version: int
    manner: Manner
    form: Form


class Convoy:
    """A train on its way."""

    __slots__ = (
        "_answered",
        "_errors",
        "_indices",
        "_received_ns",
        "_surplus",
        "_unstamped_reply",
        "awaited",
        "done",
        "end_ns",
        "finishing",
        "first_sequence",
        "flow",
        "look",
        "name",
        "next_index",
        "plan",
        "round",
        "sent_ns",
        "stamped",
        "start_ns",
        "unsent",
        "voided",
    )

    def __init__(self, flow: Flow, plan: Plan, start_ns: int, look: Look, done: asyncio.Future[None]) -> None:
        self.flow = flow
        self.plan = plan
        self.round, self.first_sequence = flow.next_round(plan.count)
        self.look = look
        self.name = flow.name
        self.start_ns = start_ns
        self.end_ns = start_ns + (plan.count - 1) * plan.interval_ns + plan.timeout_ns + plan.linger_ns
        self.next_index = 0
        self.sent_ns: list[int | None] = [None] * plan.count
        self.stamped = 0
        """Packets in ``sent_ns`` whose time is the kernel's."""
        self.done = done
        self.voided = ""
        self.unsent = 0
        self.finishing = False
        self.awaited = plan.count
        """Packets that were neither answered nor kept from leaving."""
        self._answered = bytearray(plan.count)
        self._indices: list[int] = []
        self._received_ns: list[int] = []
        self._surplus = 0
        self._errors: list[TrainError] = []
        self._unstamped_reply = False

    def stayed(self, index: int, code: int) -> None:
        """The machine could not send a packet."""
        self.sent_ns[index] = None
        self.unsent = code
        self.awaited -= 1

    def reply(self, index: int, received_ns: int, *, kernel: bool) -> bool:
        """A reply to one of this train's packets, or not; the number of replies kept is bounded."""
        if index >= self.next_index or self.sent_ns[index] is None:
            return False
        if not kernel:
            self._unstamped_reply = True
        if not self._answered[index]:
            self._answered[index] = 1
            self.awaited -= 1
        elif len(self._indices) >= _REPLIES_A_PACKET * self.plan.count:
            self._surplus += 1
            return True
        self._indices.append(index)
        self._received_ns.append(received_ns)
        return True

    def refused(self, index: int, kind: ErrorKind, sender: str, mtu: int | None) -> None:
        """An ICMP error about one of this train's packets; a reply may still come."""
        if index < self.next_index and len(self._errors) < _ERRORS_A_PACKET * self.plan.count:
            self._errors.append(TrainError(index, kind, sender, mtu))

    def index_of(self, sequence: int) -> int | None:
        """Which packet has this ICMP sequence number."""
        index = (sequence - self.first_sequence) & 0xFFFF
        return index if index < self.next_index else None

    def journey(self) -> Journey:
        """What the train found."""
        replies = list(zip(self._indices, self._received_ns, strict=True))
        if self._surplus:
            replies += [replies[-1]] * min(self._surplus, _SURPLUS_TOLD)
        facts = facts_of(Train(self.sent_ns, replies, self.plan.timeout_ns, self._errors))
        kernel = self.stamped == facts.sent and not self._unstamped_reply and facts.sent > 0
        return Journey(facts, kernel, self.voided, self.unsent)
