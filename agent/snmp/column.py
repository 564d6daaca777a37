"""The state of one walk: what was taken, where to go on, when to stop; it never asks anybody anything."""

from bisect import bisect_left
from operator import lt

from agent.snmp.engine import BadAnswer, Kind, Oid, Patience, Varbind, dotted


class Column:
    """Takes answers as they come and refuses what does not rise or does not end."""

    def __init__(self, column: Oid, patience: Patience) -> None:
        self.taken: list[Varbind] = []
        self.last = column
        """The instance to go on from."""
        self.ended = False
        self._column = column
        self._behind = (*column[:-1], column[-1] + 1)
        self._rows_left = patience.rows
        self._octets_left = patience.octets

    def take(self, varbinds: list[Varbind], octets: int) -> None:
        """Add one answer; raises :class:`BadAnswer` where a walk would go back, repeat or outgrow its limits."""
        fresh = self._plain(varbinds)
        if fresh == 0:
            fresh = self._careful(varbinds)
        self.ended = fresh < len(varbinds) or not varbinds
        if fresh:
            self.last = varbinds[fresh - 1].oid
        self._rows_left -= fresh
        self._octets_left -= octets
        if self._rows_left < 0 or self._octets_left < 0:
            raise BadAnswer(f"the walk of {dotted(self._column)} does not end: given up at {dotted(self.last)}")
        self.taken += varbinds[:fresh] if self.ended else varbinds

    def _plain(self, varbinds: list[Varbind]) -> int:
        """How many varbinds belong to the walk where all is in order; 0 where it takes a closer look.

        What rises strictly from inside the column to below its end is inside the column all the way.
        """
        oids = [varbind.oid for varbind in varbinds]
        fresh = bisect_left(oids, self._behind)
        inside = fresh > 0 and oids[0] > self.last and varbinds[fresh - 1].value.kind < Kind.NO_SUCH_OBJECT
        return fresh if inside and all(map(lt, oids[: fresh - 1], oids[1:fresh])) else 0

    def _careful(self, varbinds: list[Varbind]) -> int:
        column, size, last = self._column, len(self._column), self.last
        for place, varbind in enumerate(varbinds):
            oid = varbind.oid
            if oid[:size] != column or varbind.value.kind >= Kind.NO_SUCH_OBJECT:
                return place
            if oid <= last:
                raise BadAnswer(f"the walk of {dotted(column)} does not rise: {dotted(oid)} after {dotted(last)}")
            last = oid
        return len(varbinds)
