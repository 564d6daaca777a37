"""Bytes of a batch: limits first, version next, decoding last; whatever is wrong is one of the errors named here.

Frame: ``b"phs"``, one byte of format version, then a single zlib stream of the MessagePack array.
"""

import zlib

import msgspec

from shared.wire.digest import digest_of_bytes
from shared.wire.reading import Batch, Cycle

MAGIC = b"phs"
VERSION = 1
CONTENT_TYPE = "application/vnd.phusong.batch"
_HEAD = len(MAGIC) + 1
_FEED_BYTES = 4096


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How large a batch may be before it is refused unread."""

    encoded_bytes: int = 1024 * 1024
    decoded_bytes: int = 8 * 1024 * 1024
    ratio: int = 100
    """Decoded over encoded bytes, tested all the time once more than ``ratio_free_bytes`` came out."""
    ratio_free_bytes: int = 256 * 1024


class BatchError(Exception):
    """The bytes are not a batch that can be taken; the message is one line for an operator."""


class BatchTooLargeError(BatchError):
    """Over a limit, encoded or decoded."""


class MalformedBatchError(BatchError):
    """Not a batch at all, or cut off."""


class FutureVersionError(BatchError):
    """A batch of a format that this release does not know yet."""


class _UnreadRecord(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """See :class:`shared.wire.reading.Record`."""

    sequence: int
    cycle: msgspec.Raw


class _Unread(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A batch as far as its records' bytes are wanted; in the order of :class:`shared.wire.reading.Batch`."""

    agent: msgspec.Raw
    epoch: msgspec.Raw
    boot_id: msgspec.Raw
    sent_monotonic_ns: msgspec.Raw
    sent_wall_ns: msgspec.Raw
    lane: msgspec.Raw
    records: tuple[_UnreadRecord, ...]


_encoder = msgspec.msgpack.Encoder()
_records_decoder = msgspec.msgpack.Decoder(_Unread)
_batch_decoder = msgspec.msgpack.Decoder(Batch)
_cycle_decoder = msgspec.msgpack.Decoder(Cycle)


def encode_batch(batch: Batch, level: int = 6) -> bytes:
    """Frame a batch for the wire."""
    return MAGIC + bytes((VERSION,)) + zlib.compress(_encoder.encode(batch), level)


def decode_batch(body: bytes, limits: Limits) -> Batch:
    """Read a frame, or raise a :class:`BatchError`; never uses more memory than the limits allow."""
    return _decode_batch(_unframe(body, limits))


def decode_batch_and_digests(body: bytes, limits: Limits) -> tuple[Batch, tuple[int, ...]]:
    """The same, with the digest of each record's bytes as they stand there, known fields or not."""
    plain = _unframe(body, limits)
    batch = _decode_batch(plain)
    return batch, tuple(digest_of_bytes(bytes(record.cycle)) for record in _records_decoder.decode(plain).records)


def encode_cycle(cycle: Cycle) -> bytes:
    """One record of the spool, compressed; the spool keeps its own format version."""
    return zlib.compress(_encoder.encode(cycle), 6)


def decode_cycle(blob: bytes, limits: Limits) -> Cycle:
    """Read a spool record back, or raise a :class:`BatchError`."""
    try:
        return _cycle_decoder.decode(_inflate(blob, limits))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedBatchError(f"cycle does not decode: {error}") from error


def digest_of_blob(blob: bytes) -> int | None:
    """The digest of a spool's record as it will stand in a batch; None of what is no record, and gets into no batch."""
    try:
        return digest_of_bytes(_encoder.encode(decode_cycle(blob, Limits())))
    except BatchError:
        return None


def _unframe(body: bytes, limits: Limits) -> bytes:
    if len(body) > limits.encoded_bytes:
        raise BatchTooLargeError(f"batch of {len(body)} bytes is over the limit of {limits.encoded_bytes}")
    if body[: len(MAGIC)] != MAGIC or len(body) < _HEAD:
        raise MalformedBatchError("body is not a phusong batch")
    if body[len(MAGIC)] != VERSION:
        raise FutureVersionError(
            f"batch has format version {body[len(MAGIC)]}, this collector understands {VERSION}: upgrade the collector"
        )
    return _inflate(body[_HEAD:], limits)


def _decode_batch(plain: bytes) -> Batch:
    try:
        return _batch_decoder.decode(plain)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedBatchError(f"batch does not decode: {error}") from error


def _inflate(compressed: bytes, limits: Limits) -> bytes:
    """The ratio counts from the first bytes on: a bomb is refused for the work of its beginning."""
    stream, pieces, size, view = zlib.decompressobj(), [], 0, memoryview(compressed)
    for fed in range(_FEED_BYTES, len(compressed) + _FEED_BYTES, _FEED_BYTES):
        ceiling = min(limits.decoded_bytes, max(limits.ratio_free_bytes, limits.ratio * min(fed, len(compressed))))
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
