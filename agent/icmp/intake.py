"""Places replies, send stamps and ICMP errors with the train they belong to; it sends nothing."""

from collections.abc import Callable, Sequence

from agent.icmp.bulk import AT_ONCE, Arrived, SendStamp
from agent.icmp.flight import Convoy, Register
from agent.icmp.packet import Echo, ErrorKind, Refusal, Stray, decode, decode_request, kind_of, strip_ipv4
from agent.icmp.port import Port, address_text, packed_address
from agent.icmp.watch import SelfWatch
from shared.clock import Clock

_ORIGIN_ICMP = frozenset({2, 3})
_ROUNDS_OF_READING = 4096
_STAMPS_AWAITED = 8192
_STAMP_TOLERANCE_NS = 1_000_000_000


class Intake:
    """The receiving side of one port."""

    def __init__(
        self,
        port: Port,
        clock: Clock,
        register: Register,
        watch: SelfWatch,
        completed: Callable[[Convoy], None],
    ) -> None:
        self.strays = 0
        self._port = port
        self._version = port.version
        self._clock = clock
        self._cookie = register.cookie
        self._flows = register.flows
        self._watch = watch
        self._completed = completed
        self._unstamped: dict[int, tuple[Convoy, int]] = {}
        self._next_number = 0
        self._since_drain = 0
        self._used = False

    @property
    def crowded(self) -> bool:
        """Whether the replies to what was sent since the last reading may fill the receive buffer."""
        return self._since_drain * 4 > self._port.capacity

    def expect(self, packets: Sequence[tuple[Convoy, int]]) -> None:
        """These packets have left, in this order: their send stamps will come on the error queue."""
        self._since_drain += len(packets)
        self._used = True
        if not self._port.stamped:
            return
        for packet in packets:
            self._unstamped[self._next_number] = packet
            self._next_number = (self._next_number + 1) & 0xFFFF_FFFF
        while len(self._unstamped) > _STAMPS_AWAITED:
            self._unstamped.pop(next(iter(self._unstamped)))

    def restart_stamps(self) -> None:
        """The kernel's count of sends is uncertain: begin again."""
        self.drain_notices()
        self._unstamped.clear()
        self._next_number = 0
        self._port.count_from_zero()

    def drain(self) -> str:
        """Place everything that waits; gives a reason when the socket itself has lost packets."""
        if not self._used:
            return ""
        if self._unstamped or not self._port.raw:
            self.drain_notices()
        self._since_drain = 0
        dropped: int | None = None
        for _ in range(_ROUNDS_OF_READING):
            arrived = self._port.receive()
            for packet in arrived:
                self._place(packet)
                dropped = packet.dropped if packet.dropped is not None else dropped
            if len(arrived) < AT_ONCE:
                break
        return self._watch.drops(self._version, dropped) if dropped is not None else ""

    def drain_notices(self) -> None:
        """Empty the error queue: send stamps, and ICMP errors on a datagram socket."""
        for _ in range(_ROUNDS_OF_READING):
            notices = self._port.notices()
            for notice in notices:
                if isinstance(notice, SendStamp):
                    self._stamp(notice)
                elif notice.extended is not None and notice.extended[1] in _ORIGIN_ICMP:
                    self._reported(notice, notice.extended)
            if len(notices) < AT_ONCE:
                return

    def _stamp(self, stamp: SendStamp) -> None:
        number, stamp_ns = stamp
        packet = self._unstamped.pop(number, None)
        if packet is None:
            return
        convoy, index = packet
        ours_ns = convoy.sent_ns[index]
        if ours_ns is not None and 0 <= stamp_ns - ours_ns < _STAMP_TOLERANCE_NS:
            convoy.stamp(index, stamp_ns)

    def _place(self, packet: Arrived) -> None:
        data: bytes | None = packet.data
        if self._version == 4 and self._port.raw:
            data = strip_ipv4(packet.data)
        whole = packet.whole and self._port.raw
        told = Stray.TRUNCATED if data is None else decode(self._version, data, self._cookie, whole=whole)
        if isinstance(told, Echo):
            self._answered(told, packet)
        elif isinstance(told, Refusal) and told.identifier == self._port.identifier:
            self._refused(told, address_text(self._version, packet.sender))
        else:
            self.strays += 1

    def _answered(self, echo: Echo, packet: Arrived) -> None:
        flow = self._flows.get(echo.mark.target)
        if flow is None or packed_address(self._version, packet.sender) != flow.address:
            self.strays += 1
            return
        convoy = flow.rounds.get(echo.mark.round)
        if convoy is None or convoy.done.done():
            flow.after(1)
            return
        stamp_ns = packet.stamp_ns if self._port.stamped else None
        received_ns = stamp_ns if stamp_ns is not None else self._clock.wall_ns()
        if not convoy.reply(echo, received_ns, kernel=stamp_ns is not None):
            self.strays += 1
        elif convoy.complete:
            self._completed(convoy)

    def _reported(self, notice: Arrived, extended: tuple[int, ...]) -> None:
        """A datagram socket's report: the data are our packet, the address is where it went."""
        told = decode_request(self._version, notice.data, self._cookie)
        _, _, kind, code, _, info, _ = extended
        word = kind_of(self._version, kind, code)
        refusal = Refusal(
            kind=word,
            mtu=info if word is ErrorKind.FRAGMENTATION_NEEDED and info else None,
            destination=packed_address(self._version, notice.sender),
            identifier=0,
            sequence=int.from_bytes(notice.data[6:8], "big"),
            mark=told.mark if isinstance(told, Echo) else None,
        )
        self._refused(refusal, address_text(self._version, notice.offender))

    def _refused(self, refusal: Refusal, sender: str) -> None:
        mark = refusal.mark
        if mark is not None:
            flow = self._flows.get(mark.target)
            convoy = flow.rounds.get(mark.round) if flow is not None and flow.address == refusal.destination else None
            if convoy is not None:
                convoy.refused(mark.place, refusal.kind, sender, refusal.mtu)
            return
        # Old routers quote eight bytes (RFC 792): the address and the sequence number have to do.
        for flow in self._flows.values():
            if flow.address == refusal.destination:
                for convoy in flow.rounds.values():
                    index = convoy.index_of(refusal.sequence)
                    if index is not None:
                        convoy.refused(index, refusal.kind, sender, refusal.mtu)
                        return
