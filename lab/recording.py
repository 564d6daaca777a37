"""A device's answers as they were recorded: lines of OID, tag and value, some of them moving with time; core, no files.

The lines are those of snmpsim: ``1.3.6.1.2.1.1.1.0|4|text``. A tag ``65:numeric`` with ``initial=5,rate=100`` grows by
100 in a second of uptime; ``wave=3`` lets a value swing by 3 with a period of ten minutes. Text may hold ``{name}``,
``{place}`` and ``{contact}``.
"""

import math
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from lab import ber

COUNTER64 = 70
_INTEGERS = {2: 0x02, 65: 0x41, 66: 0x42, 67: 0x43, COUNTER64: 0x46}
_BYTES = {4: 0x04, 64: 0x40}
_WIDTH = {65: 1 << 32, 67: 1 << 32, COUNTER64: 1 << 64}
_LINE = re.compile(r"(?P<oid>[\d.]+)\|(?P<tag>\d+)(?P<form>x|:numeric)?\|(?P<value>.*)")
_PERIOD_SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What a device's answers depend on, beside its recording."""

    uptime_seconds: float = 0.0
    busyness: float = 1.0
    """Factor on every rate: no two sites carry the same traffic."""
    words: Mapping[str, str] = field(default_factory=dict)
    """What stands for ``{name}``, ``{place}`` and ``{contact}``."""
    changes: Mapping[ber.Oid, int] = field(default_factory=dict)
    """Numbers that hold now in place of the recorded ones: a battery that runs down."""


@dataclass(frozen=True, slots=True)
class Row:
    """One instance: its name, also as BER, and its value at a moment, as BER."""

    oid: ber.Oid
    name: bytes
    tag: int
    value: Callable[[Moment], bytes]


class Recording:
    """All instances of a device in the order of a walk."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = tuple(sorted(rows, key=lambda row: row.oid))
        self._oids = [row.oid for row in self.rows]
        self._by_oid = {row.oid: row for row in self.rows}

    def get(self, oid: ber.Oid) -> Row | None:
        """The instance of exactly this name."""
        return self._by_oid.get(oid)

    def after(self, oid: ber.Oid) -> int:
        """Index of the first row behind ``oid``; the number of rows where there is none."""
        return bisect_right(self._oids, oid)

    def without_64_bits(self) -> "Recording":
        """What SNMPv1 may see (RFC 3584 4.2.2.1: no Counter64)."""
        return Recording(row for row in self.rows if row.tag != COUNTER64)


def parse_recording(text: str) -> Recording:
    """The recording of a text; raises ValueError with the line that is none."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return Recording(_row(line) for line in lines)


def _row(line: str) -> Row:
    found = _LINE.fullmatch(line)
    if found is None:
        raise ValueError(f"no line of a recording: {line!r}")
    oid = tuple(map(int, found["oid"].split(".")))
    tag = int(found["tag"])
    return Row(oid, ber.encode_oid(oid), tag, _value(oid, tag, found["form"], found["value"]))


def _value(oid: ber.Oid, tag: int, form: str | None, text: str) -> Callable[[Moment], bytes]:
    if tag in _INTEGERS:
        if form == ":numeric":
            parts = {name: float(number) for name, _, number in (part.partition("=") for part in text.split(","))}
            return _moving(oid, tag, parts)
        return _steady(oid, _INTEGERS[tag], int(text))
    if "{" in text:
        return lambda moment: ber.wrap(ber.OCTETS, text.format_map(moment.words).encode())
    encoded = _unmoving(tag, form, text)
    return lambda _: encoded


def _unmoving(tag: int, form: str | None, text: str) -> bytes:
    if tag == 6:
        return ber.encode_oid(tuple(map(int, text.split("."))))
    if form == "x":
        return ber.wrap(_BYTES[tag], bytes.fromhex(text))
    if tag == 64:
        return ber.wrap(_BYTES[tag], bytes(map(int, text.split("."))))
    return ber.wrap(_BYTES[tag], text.encode())


def _steady(oid: ber.Oid, tag: int, number: int) -> Callable[[Moment], bytes]:
    encoded = ber.encode_integer(number, tag)
    return lambda moment: ber.encode_integer(moment.changes[oid], tag) if oid in moment.changes else encoded


def _moving(oid: ber.Oid, tag: int, parts: Mapping[str, float]) -> Callable[[Moment], bytes]:
    initial, rate, wave = (parts.get(name, 0.0) for name in ("initial", "rate", "wave"))
    # Time itself does not run faster on a busy router.
    scaled = tag in (65, COUNTER64)

    def value(moment: Moment) -> bytes:
        if oid in moment.changes:
            return ber.encode_integer(moment.changes[oid], _INTEGERS[tag])
        grown = rate * moment.uptime_seconds * (moment.busyness if scaled else 1.0)
        swung = wave * math.sin(2 * math.pi * moment.uptime_seconds / _PERIOD_SECONDS)
        number = int(initial + grown + swung)
        return ber.encode_integer(number % _WIDTH[tag] if tag in _WIDTH else number, _INTEGERS[tag])

    return value
