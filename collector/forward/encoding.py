"""The bytes of remote write: a protobuf writer for two messages and nothing else; it compresses and sends nothing.

Sources: prometheus/prompb ``remote.proto`` and ``types.proto`` (1.0), ``io.prometheus.write.v2`` (2.0).
"""

import struct
from collections.abc import Iterable, Sequence

import msgspec

from shared.wire.reading import Labels

_VALUE = struct.Struct("<Bd")
_NAN = float("nan")


class TimeSeries(msgspec.Struct, frozen=True, gc=False):
    """Samples of one series, oldest first."""

    labels: Labels
    """Sorted by name, ``__name__`` among them, no value empty."""
    samples: tuple[tuple[int, float], ...]
    """Milliseconds since 1970-01-01 UTC, and the value."""


def varint(number: int) -> bytes:
    """A number of at most 64 bits in protobuf's base 128; negative ones as two's complement, ten bytes long."""
    if 0 <= number < 0x80:
        return bytes((number,))
    number &= 0xFFFF_FFFF_FFFF_FFFF
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


class Blocks:
    """The encoded labels of series that were written before: the dearest part of a sample, and always the same."""

    def __init__(self, remembered: int = 200_000) -> None:
        """At most ``remembered`` label sets are kept."""
        self._remembered = remembered
        self._blocks: dict[Labels, bytes] = {}

    def of(self, labels: Labels) -> bytes:
        """Field 1 of a series, once for each label."""
        block = self._blocks.get(labels)
        if block is None:
            if len(self._blocks) >= self._remembered:
                self._blocks.clear()
            block = self._blocks[labels] = b"".join([_label(label) for label in labels])
        return block


def write_request(series: Iterable[TimeSeries], blocks: Blocks) -> bytes:
    """``prometheus.WriteRequest``, the body of remote write 1.0 before compression."""
    return b"".join(
        [
            _sized(b"\x0a", b"".join([blocks.of(each.labels), *[_sample(*pair) for pair in each.samples]]))
            for each in series
        ]
    )


def write_request_2(series: Sequence[TimeSeries]) -> bytes:
    """``io.prometheus.write.v2.Request``: every text once, series name them by number; the first text is empty."""
    texts: dict[str, int] = {"": 0}
    encoded = [_series_2(each, texts) for each in series]
    symbols = [_sized(b"\x22", text.encode("utf-8", "replace")) for text in texts]
    return b"".join(symbols) + b"".join(encoded)


def _series_2(series: TimeSeries, texts: dict[str, int]) -> bytes:
    references = [varint(texts.setdefault(text, len(texts))) for label in series.labels for text in label]
    samples = [_sample(*pair) for pair in series.samples]
    packed = _sized(b"\x0a", b"".join(references)) if references else b""
    return _sized(b"\x2a", packed + b"".join(samples))


def _label(label: tuple[str, str]) -> bytes:
    name, value = label[0].encode("utf-8", "replace"), label[1].encode("utf-8", "replace")
    inside = (_sized(b"\x0a", name) if name else b"") + (_sized(b"\x12", value) if value else b"")
    return _sized(b"\x0a", inside)


def _sample(at_ms: int, value: float) -> bytes:
    """Field 2 of a series in both versions; as in proto3 a zero is not written, a negative zero is."""
    number = b""
    if value != value:  # noqa: PLR0124 - one NaN for all: another one is Prometheus' mark of a stale series
        number = _VALUE.pack(0x09, _NAN)
    elif value or str(value)[0] == "-":
        number = _VALUE.pack(0x09, value)
    if 1 << 35 <= at_ms < 1 << 42:  # from 1971 to 2109: six bytes, without a loop
        low, high = at_ms & 0x0FFF_FFFF, at_ms >> 28
        stamp = b"\x10%c%c%c%c%c%c" % (
            low & 127 | 128,
            low >> 7 & 127 | 128,
            low >> 14 & 127 | 128,
            low >> 21 | 128,
            high & 127 | 128,
            high >> 7,
        )
    else:
        stamp = b"\x10" + varint(at_ms) if at_ms else b""
    return b"\x12%c%b%b" % (len(number) + len(stamp), number, stamp)


def _sized(tag: bytes, inside: bytes) -> bytes:
    return tag + varint(len(inside)) + inside
