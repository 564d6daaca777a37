"""Where the numbers of a device's answers stand, remembered from the answer before: the same bytes are not read twice.

A router polled again answers with the same names in the same places; only what its counters say is new, and that is
seldom longer than before. So the rest of the answer is compared in one piece, and the numbers are cut out in another.
What is not the same to the byte is read from the beginning; it never takes anything on trust.
"""

from collections.abc import Hashable
from struct import Struct

from agent.snmp.ber import PLAIN, Head, OidCache, read_varbinds
from agent.snmp.engine import Kind, Oid, Value, Varbind

_FEWEST = 4
"""Numbers in a row from which remembering pays."""


class Shape:
    """The beginning of one answer, as far as it is names and unsigned numbers."""

    __slots__ = ("_frames", "_kinds", "_oids", "_split", "octets")

    def __init__(self, spans: list[tuple[int, int]], frames: bytes, varbinds: list[Varbind]) -> None:
        self._split = Struct("".join(f"{frame}s{size}s" for frame, size in spans))
        self._frames = frames
        self._oids: list[Oid] = [varbind.oid for varbind in varbinds]
        self._kinds: list[Kind] = [varbind.value.kind for varbind in varbinds]
        self.octets = self._split.size

    def read(self, data: bytes, at: int) -> list[Varbind] | None:
        """The varbinds where all but the numbers stands at ``at`` again; None where it does not."""
        pieces = self._split.unpack_from(data, at)
        if b"".join(pieces[::2]) != self._frames:
            return None
        numbers = map(int.from_bytes, pieces[1::2])
        return list(map(Varbind, self._oids, map(Value, self._kinds, numbers)))


class Shapes:
    """The shapes of what devices answered, by device and first name."""

    def __init__(self, most: int = 2048) -> None:
        self._known: dict[tuple[Hashable, bytes], Shape] = {}
        self._most = most

    def __len__(self) -> int:
        return len(self._known)

    def read(self, device: Hashable, data: bytes, head: Head, cache: OidCache) -> list[Varbind]:
        """Exactly what :func:`agent.snmp.ber.read_varbinds` gives or raises, sooner where the device said it before."""
        start, stop = head.start, head.stop
        if stop - start < _FEWEST * 8:
            return read_varbinds(data, head, cache)
        key = device, data[start : start + 4 + (data[start + 3] & 0x7F)]
        shape = self._known.get(key)
        if shape is not None and start + shape.octets <= stop:
            found = shape.read(data, start)
            if found is not None:
                rest = start + shape.octets
                return found + read_varbinds(data, head._replace(start=rest), cache) if rest < stop else found
        found = read_varbinds(data, head, cache)
        shape = _shape(data, start, found)
        if shape is not None:
            if len(self._known) >= self._most:
                self._known.clear()
            self._known[key] = shape
        return found


def _shape(data: bytes, at: int, varbinds: list[Varbind]) -> Shape | None:
    """The shape of bytes that were read already: no length in them lies."""
    spans: list[tuple[int, int]] = []
    frames: list[bytes] = []
    for _ in varbinds:
        if data[at + 1] >= 0x80 or data[at + 3] >= 0x80:
            break
        value = at + 4 + data[at + 3]
        stop = at + 2 + data[at + 1]
        size = stop - value - 2
        if size != data[value + 1] or size > PLAIN.get(data[value], -1):
            break
        frames.append(data[at : value + 2])
        spans.append((value + 2 - at, size))
        at = stop
    return Shape(spans, b"".join(frames), varbinds[: len(spans)]) if len(spans) >= _FEWEST else None
