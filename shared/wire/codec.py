"""Bytes of a batch: limits first, version next, decoding last; whatever is wrong is one of the errors named here.

Frame: ``b"phs"``, one byte of format version, then a single zlib stream of the MessagePack array.
"""

import zlib

import msgspec

from shared.wire.bounds import MOST_PAIRS, MOST_READINGS, MOST_SAMPLES_TOGETHER
from shared.wire.digest import digest_of_bytes
from shared.wire.reading import Batch, Cycle, Reading, Record
from shared.wire.unread import UnreadBatch, UnreadCycle

MAGIC = b"phs"
VERSION = 1
CONTENT_TYPE = "application/vnd.phusong.batch"
_HEAD = len(MAGIC) + 1
_AT_ONCE_BYTES = 256 * 1024
"""A longer cycle is decoded reading by reading, more bytes are looked through in pieces: others have a turn between."""
_HEADS = (b"\x92", b"\xdc", b"\xdd")
"""Of an array of two, and of arrays whose length is spelt out."""
_LEAST_PAIR_BYTES = 3
_ROOM_BYTES = 1024 * 1024
"""Of a decoded batch, for what it holds besides a cycle: the statement, descriptions."""
_FEED_BYTES = 4096


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How large a batch may be before it is refused unread."""

    encoded_bytes: int = 1024 * 1024
    decoded_bytes: int = 8 * 1024 * 1024
    ratio: int = 100
    """Decoded over encoded bytes, tested all the time once more than ``ratio_free_bytes`` came out."""
    ratio_free_bytes: int = 256 * 1024

    def ceiling(self, compressed_bytes: int) -> int:
        """How much so many compressed bytes may unfold to."""
        return min(self.decoded_bytes, max(self.ratio_free_bytes, self.ratio * compressed_bytes))


class BatchError(Exception):
    """The bytes are not a batch that can be taken; the message is one line for an operator."""


class BatchTooLargeError(BatchError):
    """Over a limit, encoded or decoded."""


class MalformedBatchError(BatchError):
    """Not a batch at all, or cut off."""


class FutureVersionError(BatchError):
    """A batch of a format that this release does not know yet."""


class _Scale:
    """Counts what a batch holds, and says when it is too much."""

    def __init__(self) -> None:
        self._readings = self._samples = 0

    def add(self, reading: Reading) -> None:
        self._readings += 1
        self._samples += len(reading.samples)
        if self._readings > MOST_READINGS or self._samples > MOST_SAMPLES_TOGETHER:
            raise BatchTooLargeError(f"more than {MOST_READINGS} readings or {MOST_SAMPLES_TOGETHER} samples at once")


_encoder = msgspec.msgpack.Encoder()
_batch_decoder = msgspec.msgpack.Decoder(UnreadBatch)
_cycle_decoder = msgspec.msgpack.Decoder(Cycle)
_unread_cycle_decoder = msgspec.msgpack.Decoder(UnreadCycle)
_reading_decoder = msgspec.msgpack.Decoder(Reading)
_GARBLED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def encode_batch(batch: Batch, level: int = 6) -> bytes:
    """Frame a batch for the wire."""
    return MAGIC + bytes((VERSION,)) + zlib.compress(_encoder.encode(batch), level)


def encode_within(batch: Batch, limits: Limits) -> bytes:
    """The same; raises :class:`BatchTooLargeError` where a collector of these limits would not take it."""
    scale = _Scale()
    for record in batch.records:
        for reading in record.cycle.readings:
            scale.add(reading)
    plain = _encoder.encode(batch)
    _demand_few_pairs(plain)
    body = MAGIC + bytes((VERSION,)) + zlib.compress(plain, 6)
    if len(body) > limits.encoded_bytes or len(plain) > limits.ceiling(len(body) - _HEAD):
        raise BatchTooLargeError(f"batch of {len(body)} bytes, {len(plain)} decoded, is over the limits")
    return body


def unframe(body: bytes, limits: Limits) -> bytes:
    """What a frame holds, for :func:`read_batch`, or a :class:`BatchError`; never more than the limits allow."""
    if len(body) > limits.encoded_bytes:
        raise BatchTooLargeError(f"batch of {len(body)} bytes is over the limit of {limits.encoded_bytes}")
    if body[: len(MAGIC)] != MAGIC or len(body) < _HEAD:
        raise MalformedBatchError("body is not a phusong batch")
    if body[len(MAGIC)] != VERSION:
        raise FutureVersionError(
            f"batch has format version {body[len(MAGIC)]}, this collector understands {VERSION}: upgrade the collector"
        )
    return _inflate(body[_HEAD:], limits)


def read_batch(plain: bytes) -> tuple[Batch, tuple[int, ...]]:
    """The batch, and the digest of each record's bytes as they stand there, known fields or not."""
    _demand_few_pairs(plain)
    try:
        unread, scale = _batch_decoder.decode(plain), _Scale()
        records = tuple([Record(each.sequence, _read_cycle(each.cycle, scale)) for each in unread.records])
    except _GARBLED as error:
        raise MalformedBatchError(f"batch does not decode: {error}") from error
    batch = Batch(
        unread.agent,
        unread.epoch,
        unread.boot_id,
        unread.sent_monotonic_ns,
        unread.sent_wall_ns,
        unread.lane,
        records,
        unread.metrics,
        unread.version,
        unread.anchors,
        unread.statement,
    )
    return batch, tuple([digest_of_bytes(bytes(each.cycle)) for each in unread.records])


def decode_batch(body: bytes, limits: Limits) -> Batch:
    """Read a frame, or raise a :class:`BatchError`; never uses more memory than the limits allow."""
    return read_batch(unframe(body, limits))[0]


def encode_cycles(cycle: Cycle) -> list[bytes]:
    """Records of the spool: one, or several where one could never be sent; see :func:`decode_cycle`."""
    plain, limits = _encoder.encode(cycle), Limits()
    blob = zlib.compress(plain, 6)
    samples = sum(len(reading.samples) for reading in cycle.readings)
    most_bytes = min(limits.ceiling(len(blob)), limits.decoded_bytes - _ROOM_BYTES)
    fits = len(plain) <= most_bytes and len(blob) <= limits.encoded_bytes // 2
    if (fits and samples <= MOST_SAMPLES_TOGETHER and _has_few_pairs(plain)) or len(cycle.readings) < 2:
        return [blob]
    half = len(cycle.readings) // 2
    parts = cycle.readings[:half], cycle.readings[half:]
    return [each for part in parts for each in encode_cycles(msgspec.structs.replace(cycle, readings=part))]


def encode_cycle(cycle: Cycle) -> bytes:
    """One record of the spool, compressed; the spool keeps its own format version."""
    return zlib.compress(_encoder.encode(cycle), 6)


def decode_cycle(blob: bytes, limits: Limits) -> Cycle:
    """Read a spool record back, or raise a :class:`BatchError`."""
    try:
        return _cycle_decoder.decode(_inflate(blob, limits))
    except _GARBLED as error:
        raise MalformedBatchError(f"cycle does not decode: {error}") from error


def digest_of_blob(blob: bytes) -> int | None:
    """The digest of a spool's record as it will stand in a batch; None of what is no record, and gets into no batch."""
    try:
        return digest_of_bytes(_encoder.encode(decode_cycle(blob, Limits())))
    except BatchError:
        return None


def _has_few_pairs(plain: bytes) -> bool:
    """By the heads of arrays of two, and of those whose length is spelt out; other bytes are taken for some too."""
    if len(plain) <= _LEAST_PAIR_BYTES * MOST_PAIRS:
        return True
    pairs = 0
    for at in range(0, len(plain), _AT_ONCE_BYTES):
        pairs += sum(plain.count(head, at, at + _AT_ONCE_BYTES) for head in _HEADS)
    return pairs <= MOST_PAIRS


def _demand_few_pairs(plain: bytes) -> None:
    if not _has_few_pairs(plain):
        raise BatchTooLargeError(f"more than {MOST_PAIRS} labels at once")


def _read_cycle(plain: msgspec.Raw, scale: _Scale) -> Cycle:
    if len(plain) <= _AT_ONCE_BYTES:
        cycle = _cycle_decoder.decode(plain)
        for reading in cycle.readings:
            scale.add(reading)
        return cycle
    unread, readings = _unread_cycle_decoder.decode(plain), []
    for part in unread.readings:
        readings.append(_reading_decoder.decode(part))
        scale.add(readings[-1])
    return Cycle(unread.boot_id, unread.clock, tuple(readings))


def _inflate(compressed: bytes, limits: Limits) -> bytes:
    """The ratio counts from the first bytes on: a bomb is refused for the work of its beginning."""
    stream, pieces, size, view = zlib.decompressobj(), [], 0, memoryview(compressed)
    for fed in range(_FEED_BYTES, len(compressed) + _FEED_BYTES, _FEED_BYTES):
        ceiling = limits.ceiling(min(fed, len(compressed)))
        try:
            pieces.append(stream.decompress(view[fed - _FEED_BYTES : fed], ceiling + 1 - size))
        except zlib.error as error:
            raise MalformedBatchError(f"batch does not decompress: {error}") from error
        size += len(pieces[-1])
        if size > ceiling:
            raise BatchTooLargeError(f"batch decompresses to more than {ceiling} bytes")
        if stream.unused_data or (stream.eof and fed < len(compressed)):
            raise MalformedBatchError("batch has bytes behind its end")
    if not stream.eof:
        raise MalformedBatchError("batch is cut off")
    return b"".join(pieces)
