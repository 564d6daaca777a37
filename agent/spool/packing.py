"""Packs an encoded cycle by the shapes of its readings, and back, exactly; it decides, and stores nothing itself.

A cycle says the same names and labels as the one before: they are kept once as a shape, and a record holds the shapes'
numbers and its own values as differences from the values the shape was born with, never from another record's.
"""

import math
import struct
import zlib
from typing import Any

import msgspec

_ENCODE = msgspec.msgpack.Encoder().encode
_DECODE = msgspec.msgpack.Decoder().decode
_CLOCKS = (6, 7, 8)
"""Where a reading has its monotonic start, wall start and duration, see :class:`shared.wire.reading.Reading`."""
_SAMPLES = 9
_WHOLE, _NANO, _BITS = 0, 1, 2
_NANO_SCALE = 1e9
_NANO_LIMIT = 1e6
_WHOLE_LIMIT = 2.0**53
_MOST_PLAIN_BYTES = 8 * 1024 * 1024
_MOST_SHAPES = 1024


class Shapes:
    """The shapes that a spool knows; a new one is kept when it is seen a second time, at most 1,024 of them."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self._bodies: dict[int, tuple[bytes, list[float]]] = {}
        self._seen: set[bytes] = set()
        self._last = 0
        """No number is given twice, even where its shape did not reach the disk: who knows what a failed disk wrote."""

    def learn(self, number: int, body: bytes) -> None:
        """Take a shape as :meth:`recall` gave it; raises ValueError where it is none."""
        try:
            skeleton, born_with = _DECODE(zlib.decompress(body))
            self._bodies[number] = (skeleton, born_with)
            self._numbers.setdefault(skeleton, number)
            self._last = max(self._last, number)
        except (zlib.error, msgspec.DecodeError, TypeError) as error:
            raise ValueError(f"not a shape: {error}") from None

    def forget(self, numbers: list[int]) -> None:
        """These did not reach the disk."""
        for number in numbers:
            skeleton, _ = self._bodies.pop(number)
            self._numbers.pop(skeleton, None)

    def recall(self, number: int) -> bytes:
        """The bytes to keep for a shape."""
        return zlib.compress(_ENCODE(self._bodies[number]), 9)

    def born_with(self, number: int) -> tuple[bytes, list[float]]:
        """A shape's skeleton and the values of its first reading; raises KeyError where it is unknown."""
        return self._bodies[number]

    def find(self, skeleton: bytes, values: list[float], new: list[int]) -> int | None:
        """The number of a shape; one that is seen for the second time gets one, and is noted as new."""
        number = self._numbers.get(skeleton)
        if number is not None or len(self._bodies) >= _MOST_SHAPES:
            return number
        if skeleton not in self._seen:
            if len(self._seen) >= _MOST_SHAPES:
                self._seen.clear()
            self._seen.add(skeleton)
            return None
        self._last = number = self._last + 1
        self._bodies[number] = (skeleton, values)
        self._numbers[skeleton] = number
        new.append(number)
        return number


def pack(blob: bytes, shapes: Shapes) -> tuple[bytes | None, list[int]]:
    """The packed record, None where it is no cycle or would not get smaller; and the shapes to be kept with it."""
    new: list[int] = []
    try:
        plain = zlib.decompressobj().decompress(blob, _MOST_PLAIN_BYTES)
        packed = _pack(plain, shapes, new)
        if len(packed) < len(blob) and _unpack(packed, shapes) == plain:
            return packed, new
    except (zlib.error, msgspec.DecodeError, ValueError, TypeError, LookupError, OverflowError):
        pass
    shapes.forget(new)
    return None, []


def unpack(packed: bytes, shapes: Shapes) -> bytes:
    """An encoded cycle as the wire's codec makes it; raises ValueError where a shape is missing."""
    try:
        return zlib.compress(_unpack(packed, shapes), 6)
    except (zlib.error, msgspec.DecodeError, LookupError, TypeError, OverflowError, struct.error) as error:
        raise ValueError(f"record does not unpack: {error!r}") from None


def _pack(plain: bytes, shapes: Shapes, new: list[int]) -> bytes:
    cycle: list[Any] = _DECODE(plain)
    readings: list[list[Any]] = cycle[2]
    cycle[2] = []
    out = bytearray()
    _put_part(out, _ENCODE(cycle), [], shapes, new)
    mono = min((reading[_CLOCKS[0]] for reading in readings), default=0)
    wall = min((reading[_CLOCKS[1]] for reading in readings), default=0)
    for number in (len(readings), mono, wall):
        _put_whole(out, number)
    for reading in readings:
        started, since, lasted = (reading[place] - base for place, base in zip(_CLOCKS, (mono, wall, 0), strict=True))
        for place in _CLOCKS:
            reading[place] = 0
        values = [float(sample[1]) for sample in reading[_SAMPLES]]
        for sample in reading[_SAMPLES]:
            sample[1] = 0.0
        for number in (started, since - started, lasted):
            _put_whole(out, number)
        _put_part(out, _ENCODE(reading), values, shapes, new)
    return zlib.compress(bytes(out), 9, -15)


def _put_part(out: bytearray, skeleton: bytes, values: list[float], shapes: Shapes, new: list[int]) -> None:
    number = shapes.find(skeleton, values, new)
    _put_whole(out, number or 0)
    born_with = values
    if number is None:
        _put_whole(out, len(skeleton))
        out += skeleton
        born_with = [0.0] * len(values)
    else:
        born_with = shapes.born_with(number)[1]
    for value, before in zip(values, born_with, strict=True):
        _put_value(out, value, before)


def _put_value(out: bytearray, value: float, before: float) -> None:
    if abs(value) < _WHOLE_LIMIT and value == int(value) and math.copysign(1.0, value) > 0:
        _put(out, _zigzag(int(value) - _whole(before)) << 2 | _WHOLE)
    elif abs(value) < _NANO_LIMIT and round(value * _NANO_SCALE) / _NANO_SCALE == value and value:
        _put(out, _zigzag(round(value * _NANO_SCALE) - _nano(before)) << 2 | _NANO)
    else:
        _put(out, _BITS)
        out += struct.pack("<d", value)


def _whole(value: float) -> int:
    return int(value) if abs(value) < _WHOLE_LIMIT else 0


def _nano(value: float) -> int:
    return round(value * _NANO_SCALE) if abs(value) < _NANO_LIMIT else 0


def _zigzag(number: int) -> int:
    return number << 1 if number >= 0 else (-number << 1) - 1


def _put_whole(out: bytearray, number: int) -> None:
    _put(out, _zigzag(number))


def _put(out: bytearray, number: int) -> None:
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def bare(self) -> int:
        number = shift = 0
        while True:
            byte = self._data[self._at]
            self._at += 1
            number |= (byte & 0x7F) << shift
            if byte <= 0x7F:
                return number
            shift += 7

    def whole(self) -> int:
        return _unzigzag(self.bare())

    def take(self, length: int) -> bytes:
        self._at += length
        return self._data[self._at - length : self._at]

    def value(self, before: float) -> float:
        number = self.bare()
        kind, difference = number & 3, _unzigzag(number >> 2)
        if kind == _WHOLE:
            return float(_whole(before) + difference)
        if kind == _NANO:
            return (_nano(before) + difference) / _NANO_SCALE
        return float(struct.unpack("<d", self.take(8))[0])


def _unzigzag(number: int) -> int:
    return number >> 1 if number & 1 == 0 else -((number + 1) >> 1)


def _unpack(packed: bytes, shapes: Shapes) -> bytes:
    stream = zlib.decompressobj(-15)
    reader = _Reader(stream.decompress(packed, 2 * _MOST_PLAIN_BYTES))
    cycle = _take_part(reader, shapes, samples=False)
    count, mono, wall = reader.whole(), reader.whole(), reader.whole()
    for _ in range(count):
        started, since, lasted = reader.whole(), reader.whole(), reader.whole()
        reading = _take_part(reader, shapes, samples=True)
        for place, number in zip(_CLOCKS, (mono + started, wall + since + started, lasted), strict=True):
            reading[place] = number
        cycle[2].append(reading)
    return _ENCODE(cycle)


def _take_part(reader: _Reader, shapes: Shapes, *, samples: bool) -> list[Any]:
    number = reader.whole()
    if number == 0:
        skeleton, born_with = reader.take(reader.whole()), None
    else:
        skeleton, born_with = shapes.born_with(number)
    part: list[Any] = _DECODE(skeleton)
    for place, sample in enumerate(part[_SAMPLES] if samples else ()):
        sample[1] = reader.value(born_with[place] if born_with is not None else 0.0)
    return part
