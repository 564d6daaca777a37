"""A simulated router: an IP packet in, its answer or silence out; it never decides what is broken."""

from dataclasses import dataclass, field

from lab import packets
from lab.recording import Moment
from lab.responder import Responder

_SNMP_PORT = 161
_SECOND_NS = 1_000_000_000


@dataclass(slots=True)
class Router:
    """Answers echo, refuses TCP, answers SNMP. ``started_ns`` is when it was last switched on."""

    responder: Responder
    words: dict[str, str]
    busyness: float = 1.0
    started_ns: int = 0
    forwarding: bool = True
    """False: hung, it answers nothing."""
    changes: dict[tuple[int, ...], int] = field(default_factory=dict)
    """Numbers of its MIB that hold now instead of the recorded ones."""

    def answer(self, packet: packets.IpPacket, at_ns: int) -> bytes | None:
        """The packet that goes back; None is silence."""
        if not self.forwarding:
            return None
        if packet.protocol == packets.ICMP:
            return packets.echo_reply(packet)
        if packet.protocol == packets.TCP:
            return packets.refusal(packet)
        if packet.protocol == packets.UDP:
            return self._datagram(packet, at_ns)
        return None

    def _datagram(self, packet: packets.IpPacket, at_ns: int) -> bytes | None:
        found = packets.datagram(packet)
        if found is None:
            return None
        source_port, destination_port, data = found
        if destination_port != _SNMP_PORT:
            return packets.port_unreachable(packet)
        answer = self.responder.answer(data, self.moment(at_ns))
        if answer is None:
            return None
        return packets.datagram_reply(packet, destination_port, source_port, answer)

    def moment(self, at_ns: int) -> Moment:
        """What its SNMP values depend on."""
        uptime = max(0, at_ns - self.started_ns) / _SECOND_NS
        return Moment(uptime_seconds=uptime, busyness=self.busyness, words=self.words, changes=self.changes)
