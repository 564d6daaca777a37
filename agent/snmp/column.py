"""The state of one walk: what was taken, where to go on, when to stop; it never asks anybody anything."""

from agent.snmp.engine import BadAnswer, Kind, Oid, Patience, Varbind, dotted


class Column:
    """Takes answers as they come and refuses what does not rise or does not end."""

    def __init__(self, column: Oid, patience: Patience) -> None:
        self.taken: list[Varbind] = []
        self.last = column
        """The instance to go on from."""
        self.ended = False
        self._column = column
        self._rows_left = patience.rows
        self._octets_left = patience.octets

    def take(self, varbinds: list[Varbind], octets: int) -> None:
        """Add one answer; raises :class:`BadAnswer` where a walk would go back, repeat or outgrow its limits."""
        column, size, last = self._column, len(self._column), self.last
        fresh = len(varbinds)
        absent = Kind.NO_SUCH_OBJECT
        for place, (oid, value) in enumerate(varbinds):
            if oid[:size] != column or value[0] >= absent:
                fresh = place
                self.ended = True
                break
            if oid <= last:
                raise BadAnswer(f"the walk of {dotted(column)} does not rise: {dotted(oid)} after {dotted(last)}")
            last = oid
        self.last = last
        self._rows_left -= fresh
        self._octets_left -= octets
        if self._rows_left < 0 or self._octets_left < 0:
            raise BadAnswer(f"the walk of {dotted(column)} does not end: given up at {dotted(last)}")
        self.taken += varbinds[:fresh] if self.ended else varbinds
        self.ended = self.ended or not varbinds
