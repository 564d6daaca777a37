"""Places replies, send stamps and ICMP errors with the train they belong to; it sends nothing."""

from collections.abc import Callable, Sequence

from agent.icmp.bulk import AT_ONCE
from agent.icmp.flight import Convoy, Register
from agent.icmp.packet import Echo, ErrorKind, Refusal, Stray, decode, decode_request, kind_of, strip_ipv4
from agent.icmp.port import Port, address_text, packed_address
from agent.icmp.receiver import REPORT_KINDS, SLOT_BYTES, STAMP_BYTES, STAMP_KIND, TX_STAMP, Arrived
from agent.icmp.usual import Usual
from agent.icmp.watch import SelfWatch
from shared.clock import Clock

_SECOND_NS = 1_000_000_000
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
        self._usual = Usual(port.version, register.cookie, raw=port.raw)
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
        for number, packet in enumerate(packets, self._next_number):
            self._unstamped[number & 0xFFFF_FFFF] = packet
        self._next_number = (self._next_number + len(packets)) & 0xFFFF_FFFF
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
            count = self._port.gather()
            # What is not the usual reply is read part by part; there is little of it.
            for slot in self._take(count):
                packet = self._port.receiver.arrived(slot)
                self._place(packet)
                dropped = packet.dropped if packet.dropped is not None else dropped
            if count < AT_ONCE:
                break
        return self._watch.drops(self._version, dropped) if dropped is not None else ""

    def drain_notices(self) -> None:
        """Empty the error queue: send stamps, and ICMP errors on a datagram socket."""
        for _ in range(_ROUNDS_OF_READING):
            count = self._port.gather_notices()
            for slot in self._stamp(count):
                notice = self._port.receiver.arrived(slot)
                if notice.extended is not None and notice.extended[1] in _ORIGIN_ICMP:
                    self._reported(notice, notice.extended)
            if count < AT_ONCE or (self._port.raw and not self._unstamped):
                return

    def _stamp(self, count: int) -> list[int]:
        """Give packets their send stamps; the slots of notices that are none."""
        others: list[int] = []
        notices = enumerate(self._port.receiver.as_stamps(count))
        for slot, (kind, seconds, nanoseconds, report, origin, number) in notices:
            if origin != TX_STAMP or kind != STAMP_KIND or report not in REPORT_KINDS:
                others.append(slot)
                continue
            packet = self._unstamped.pop(number, None)
            if packet is None:
                continue
            convoy, index = packet
            stamp_ns, ours_ns = seconds * _SECOND_NS + nanoseconds, convoy.sent_ns[index]
            if ours_ns is not None and 0 <= stamp_ns - ours_ns < _STAMP_TOLERANCE_NS:
                convoy.sent_ns[index] = stamp_ns
                convoy.stamped += 1
        return others

    def _take(self, count: int) -> list[int]:
        """Place the usual replies: echoes of ours with a stamp and nothing else; the slots of what is none."""
        others: list[int] = []
        usual, flows, data = self._usual, self._flows, self._port.receiver.data
        begins = usual.begins
        packets = enumerate(self._port.receiver.as_packets(count, usual.named, usual.told))
        for slot, ((control, flags, length), (stamp, seconds, nanoseconds), (sender,), told) in packets:
            opening, kind, mine, target, turn, place = told
            flow = flows.get(target)
            if (
                flow is None
                or opening != begins[0]
                or kind != begins[1]
                or mine != begins[2]
                or sender != flow.address
                or stamp != STAMP_KIND
                or control != STAMP_BYTES
                or flags
                or not seconds
                or not usual.sound(data, slot * SLOT_BYTES, length)
            ):
                others.append(slot)
                continue
            convoy = flow.rounds.get(turn)
            if convoy is None:
                flow.after(1)
            elif not convoy.reply(place, seconds * _SECOND_NS + nanoseconds, kernel=True):
                self.strays += 1
            elif not convoy.awaited:
                self._completed(convoy)
        return others

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
        if convoy is None:
            flow.after(1)
            return
        stamp_ns = packet.stamp_ns if self._port.stamped else None
        received_ns = stamp_ns if stamp_ns is not None else self._clock.wall_ns()
        if not convoy.reply(echo.mark.place, received_ns, kernel=stamp_ns is not None):
            self.strays += 1
        elif not convoy.awaited:
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
