"""IPv4, ICMP, UDP and TCP as far as a simulated router answers them: bytes in, bytes out, and nothing is sent here."""

import struct
from dataclasses import dataclass

ICMP, TCP, UDP = 1, 6, 17
_IP = struct.Struct("!BBHHHBBH4s4s")
_TCP = struct.Struct("!HHIIBBHHH")
_FIN, _SYN, _RST, _ACK = 1, 2, 4, 16


@dataclass(frozen=True, slots=True)
class IpPacket:
    """A whole IPv4 packet (RFC 791); addresses are four bytes each."""

    source: bytes
    destination: bytes
    protocol: int
    time_to_live: int
    payload: bytes
    raw: bytes


def checksum(data: bytes) -> int:
    """Internet checksum (RFC 1071); of data that carries its own right checksum it is 0."""
    if len(data) % 2:
        data += b"\x00"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def parse(packet: bytes) -> IpPacket | None:
    """The packet, or None for what is not a whole and sound IPv4 packet; fragments are not."""
    if len(packet) < _IP.size:
        return None
    version, _, length, _, fragment, ttl, protocol, _, source, destination = _IP.unpack_from(packet)
    header = (version & 15) * 4
    if version >> 4 != 4 or header < _IP.size or not header <= length <= len(packet):
        return None
    if fragment & 0x3FFF or checksum(packet[:header]):
        return None
    return IpPacket(source, destination, protocol, ttl, packet[header:length], packet[:length])


def reply(to: IpPacket, protocol: int, payload: bytes, source: bytes | None = None) -> bytes:
    """An IPv4 packet back to the sender of ``to``, from the address it had asked unless told otherwise."""
    head = _IP.pack(0x45, 0, _IP.size + len(payload), 0, 0, 64, protocol, 0, source or to.destination, to.source)
    return head[:10] + checksum(head).to_bytes(2, "big") + head[12:] + payload


def echo_reply(asked: IpPacket) -> bytes | None:
    """The answer to an ICMP echo request (RFC 792); None for any other ICMP and for a wrong checksum."""
    payload = asked.payload
    if len(payload) < 8 or payload[0] != 8 or payload[1] != 0 or checksum(payload):
        return None
    body = b"\x00\x00\x00\x00" + payload[4:]
    return reply(asked, ICMP, b"\x00\x00" + checksum(body).to_bytes(2, "big") + body[4:])


def port_unreachable(asked: IpPacket) -> bytes:
    """ICMP type 3 code 3 with the head of what was asked (RFC 1812 4.3.2.3: up to 576 bytes in all)."""
    body = b"\x03\x03\x00\x00\x00\x00\x00\x00" + asked.raw[:548]
    return reply(asked, ICMP, body[:2] + checksum(body).to_bytes(2, "big") + body[4:])


def refusal(asked: IpPacket) -> bytes | None:
    """TCP reset as a closed port sends it (RFC 9293 3.10.7.1); None for a reset and for what is no sound segment."""
    if len(asked.payload) < _TCP.size or checksum(_pseudo(asked.source, asked.destination, TCP, asked.payload)):
        return None
    source, destination, sequence, acknowledged, offset, flags, *_ = _TCP.unpack_from(asked.payload)
    data = len(asked.payload) - (offset >> 4) * 4
    if flags & _RST or data < 0:
        return None
    if flags & _ACK:
        head = _TCP.pack(destination, source, acknowledged, 0, 5 << 4, _RST, 0, 0, 0)
    else:
        taken = (sequence + data + bool(flags & _SYN) + bool(flags & _FIN)) & 0xFFFFFFFF
        head = _TCP.pack(destination, source, 0, taken, 5 << 4, _RST | _ACK, 0, 0, 0)
    total = checksum(_pseudo(asked.destination, asked.source, TCP, head))
    return reply(asked, TCP, head[:16] + total.to_bytes(2, "big") + head[18:])


def datagram(asked: IpPacket) -> tuple[int, int, bytes] | None:
    """Source port, destination port and data of a UDP datagram (RFC 768); None where it is not sound."""
    if len(asked.payload) < 8:
        return None
    source, destination, length, total = struct.unpack_from("!HHHH", asked.payload)
    if not 8 <= length <= len(asked.payload):
        return None
    if total and checksum(_pseudo(asked.source, asked.destination, UDP, asked.payload[:length])):
        return None
    return source, destination, asked.payload[8:length]


def datagram_reply(asked: IpPacket, source_port: int, destination_port: int, data: bytes) -> bytes:
    """A UDP datagram back to the sender of ``asked``."""
    head = struct.pack("!HHHH", source_port, destination_port, 8 + len(data), 0)
    total = checksum(_pseudo(asked.destination, asked.source, UDP, head + data)) or 0xFFFF
    return reply(asked, UDP, head[:6] + total.to_bytes(2, "big") + data)


def _pseudo(source: bytes, destination: bytes, protocol: int, payload: bytes) -> bytes:
    return source + destination + struct.pack("!BBH", 0, protocol, len(payload)) + payload
