"""What a device, an agent or a collector may say in bytes, spoiled: each decoder gives only its documented outcomes."""

import struct
import zlib
from functools import partial

import msgspec

from agent.icmp.packet import Stray, decode, encode_reply, encode_request, filling_of
from agent.snmp.ber import (
    Head,
    MalformedMessage,
    OidCache,
    encode_message,
    encode_varbind,
    read_head,
    read_varbinds,
    tlv,
)
from agent.snmp.engine import Kind, Value, Varbind
from agent.snmp.trap import read_trap
from agent.uplink.answer import Reply, interpret
from lab.prove import Proof
from lab.prove.fuzzing import Decoder, fuzz
from shared.wire.codec import BatchError, Limits, decode_batch, decode_cycle, encode_batch, encode_cycle
from shared.wire.reading import Acknowledgement, Batch, ClockQuality, Cycle, Lane, Outcome, Reading, Record, Sample

_COOKIE = b"phusong!"
_MARK = (7, 3, 1, 1_760_000_000_000_000_000)
_QUOTE_HEAD = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 84, 1, 0, 1, 1, 0, bytes((127, 0, 0, 1)), bytes((127, 1, 2, 3)))


def _icmp() -> Decoder:
    requests = {v: encode_request(v, 0x1234, 9, _COOKIE, _MARK, filling_of(_COOKIE, 56)) for v in (4, 6)}
    corpus = [encode_reply(version, request) for version, request in requests.items()]
    corpus += [bytes((kind, code)) + bytes(6) + _QUOTE_HEAD + requests[4] for kind, code in ((3, 1), (3, 4), (11, 0))]
    corpus += [bytes((kind, 0)) + bytes(6) + bytes(40) + requests[6] for kind in (1, 2, 3)]

    def taste(data: bytes) -> str:
        said = [decode(version, data, _COOKIE, whole=whole) for version in (4, 6) for whole in (True, False)]
        return " ".join(sorted({one.value if isinstance(one, Stray) else type(one).__name__ for one in said}))

    def naive(data: bytes) -> str:
        return str(struct.unpack_from("!BBHHH8sIHHQ", data)[0])

    return Decoder(corpus, taste, naive)


def _snmp_corpus(pdu: int) -> list[bytes]:
    values = [
        Value(Kind.OCTET_STRING, "thị trấn".encode()),
        Value(Kind.COUNTER64, 2**64 - 1),
        Value(Kind.INTEGER, -5),
        Value(Kind.OBJECT_IDENTIFIER, (1, 3, 6, 1, 4, 1, 14_988, 1)),
        Value(Kind.END_OF_MIB_VIEW, None),
    ]
    rows = [encode_varbind(Varbind((1, 3, 6, 1, 2, 1, 2, 2, 1, 10, n), value)) for n, value in enumerate(values, 1)]
    heads = [Head(1, b"public-not", pdu, 77, status, 0, 0) for status in (0, 2)]
    return [encode_message(head, b"".join(rows[:many])) for head in heads for many in (1, 3, 5)]


def _snmp_answers() -> Decoder:
    cache = OidCache(most=1000)

    def taste(data: bytes) -> str:
        try:
            read_varbinds(data, read_head(data), cache)
        except MalformedMessage:
            return "refused"
        return "taken"

    def naive(data: bytes) -> str:
        return str(data[2 + data[1]])

    return Decoder(_snmp_corpus(0xA2), taste, naive)


def _traps() -> Decoder:
    cache = OidCache(most=1000)
    agent_address, ticks = tlv(0x40, bytes((127, 0, 0, 9))), tlv(0x43, b"\x10\x00")
    v1 = tlv(0x06, b"\x2b\x06\x01\x04\x01") + agent_address + tlv(0x02, b"\x02") + tlv(0x02, b"\x00") + ticks
    message = tlv(0x02, b"\x00") + tlv(0x04, b"community") + tlv(0xA4, v1 + tlv(0x30, b""))

    def taste(data: bytes) -> str:
        try:
            read_trap(data, cache)
        except MalformedMessage:
            return "refused"
        return "taken"

    def naive(data: bytes) -> str:
        return str(data[2 + data[1]])

    return Decoder([*_snmp_corpus(0xA7), *_snmp_corpus(0xA6), tlv(0x30, message)], taste, naive)


def _cycle() -> Cycle:
    samples = (Sample("probe_success", 1.0), Sample("ifHCInOctets", 2.0**60, (("ifName", "cáp"),)))
    reading = Reading("ping", "icmp", "phu-son", "router", "gateway", Outcome.OK, 5, 6, 7, samples)
    return Cycle("boot", ClockQuality.SYNCHRONISED, (reading,) * 3)


def _batches() -> Decoder:
    batch = Batch("a", "e", "boot", 1, 2, Lane.LIVE, tuple(Record(n, _cycle()) for n in range(1, 4)))
    encoder = msgspec.msgpack.Encoder()

    def taste(data: bytes) -> str:
        """Both as it came, and framed anew, so that what lies under the compression is spoiled as well."""
        for body in (data, data[:4] + zlib.compress(data[4:], 1)):
            try:
                decode_batch(body, Limits())
            except BatchError as error:
                last = type(error).__name__
            else:
                last = "taken"
        return last

    def naive(data: bytes) -> str:
        return str(msgspec.msgpack.decode(zlib.decompress(data[4:]), type=Batch).agent)

    return Decoder([encode_batch(batch), b"phs\x01" + encoder.encode(batch)], taste, naive)


def _cycles() -> Decoder:
    encoder = msgspec.msgpack.Encoder()

    def taste(data: bytes) -> str:
        for blob in (data, zlib.compress(data, 1)):
            try:
                decode_cycle(blob, Limits())
            except BatchError as error:
                last = type(error).__name__
            else:
                last = "taken"
        return last

    def naive(data: bytes) -> str:
        return str(msgspec.msgpack.decode(data, type=Cycle).boot_id)

    return Decoder([encode_cycle(_cycle()), encoder.encode(_cycle())], taste, naive)


def _acknowledgements() -> Decoder:
    good = msgspec.json.encode(Acknowledgement(stored=3, duplicates=0, server_time_ns=1))

    def taste(data: bytes) -> str:
        told = interpret(Reply(503, data, data[:5].decode("latin-1")), 3)
        return f"{interpret(Reply(200, data), 3).verdict.value} and {told.verdict.value}"

    def naive(data: bytes) -> str:
        return str(msgspec.json.decode(data)["stored"])

    return Decoder([good, b'{"error": "the disk is full"}'], taste, naive)


_DECODERS = {
    "icmp": ("what comes back to a ping is placed or set aside", _icmp),
    "snmp": ("what a router answers is taken or refused", _snmp_answers),
    "trap": ("what comes to the trap port is taken or refused", _traps),
    "batch": ("what an agent posts is taken or refused", _batches),
    "spool": ("what stands in a spool record is read or set apart", _cycles),
    "answer": ("what a collector answers has a verdict", _acknowledgements),
}

PROOFS = tuple(
    Proof(f"fuzz-{name}", promise, 1_000_000, 10_000, partial(lambda make, trial: fuzz(make(), trial), make))
    for name, (promise, make) in _DECODERS.items()
)
