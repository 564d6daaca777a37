"""GET and walks over any exchange: splitting, shrinking and ending are decided here, once for all engines.

It never sends a packet itself.
"""

from collections.abc import Sequence

from agent.snmp.column import Column
from agent.snmp.engine import (
    NO_SUCH_NAME,
    TOO_BIG,
    Answer,
    BadAnswer,
    ErrorStatus,
    Exchange,
    Kind,
    Oid,
    Operation,
    Patience,
    Peer,
    Request,
    Value,
    Varbind,
)

_OBJECTS_A_GET = 24
"""About 500 bytes of question, and an answer that fits the smallest packets in use."""
_MISSING = Value(Kind.NO_SUCH_OBJECT, None)


class Dialogue:
    """An :class:`agent.snmp.engine.SnmpEngine` over one :class:`agent.snmp.engine.Exchange`."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._ceilings: dict[tuple[str, int], int] = {}

    async def get(self, peer: Peer, oids: Sequence[Oid], patience: Patience) -> list[Varbind]:
        """See :class:`agent.snmp.engine.SnmpEngine`."""
        found: list[Varbind] = []
        for start in range(0, len(oids), _OBJECTS_A_GET):
            found += await self._get(peer, tuple(oids[start : start + _OBJECTS_A_GET]), patience)
        return found

    async def walk(self, peer: Peer, column: Oid, patience: Patience) -> list[Varbind]:
        """See :class:`agent.snmp.engine.SnmpEngine`."""
        walk = Column(column, patience)
        while not walk.ended:
            answer = await self._step(peer, walk.last, patience)
            if answer.status == NO_SUCH_NAME:  # SNMPv1's end of everything (RFC 1157, section 4.1.3)
                break
            if answer.status:
                raise ErrorStatus(answer.status, answer.position)
            walk.take(answer.varbinds, answer.octets)
        return walk.taken

    async def _get(self, peer: Peer, oids: tuple[Oid, ...], patience: Patience) -> list[Varbind]:
        if not oids:
            return []
        answer = await self._exchange.exchange(peer, [Request(Operation.GET, oids)] * patience.tries, patience)
        if answer.status == TOO_BIG and len(oids) > 1:
            half = len(oids) // 2
            return await self._get(peer, oids[:half], patience) + await self._get(peer, oids[half:], patience)
        if answer.status == NO_SUCH_NAME and 1 <= answer.position <= len(oids):
            # SNMPv1 refuses the whole question for one name: ask for the others.
            place = answer.position - 1
            others = await self._get(peer, oids[:place] + oids[place + 1 :], patience)
            return [*others[:place], Varbind(oids[place], _MISSING), *others[place:]]
        if answer.status:
            raise ErrorStatus(answer.status, answer.position)
        if tuple(varbind.oid for varbind in answer.varbinds) != oids:
            raise BadAnswer("the device answers for other objects than it was asked for")
        return answer.varbinds

    async def _step(self, peer: Peer, start: Oid, patience: Patience) -> Answer:
        if peer.credential.version == "1":
            requests = [Request(Operation.GET_NEXT, (start,))] * patience.tries
            return await self._exchange.exchange(peer, requests, patience)
        place = (peer.address, peer.port)
        ceiling = min(patience.repetitions, self._ceilings.get(place, patience.repetitions))
        while True:
            # Each further try asks for half: large answers are what a bad tunnel loses.
            sizes = [max(1, ceiling >> tried) for tried in range(patience.tries)]
            requests = [Request(Operation.GET_BULK, (start,), size) for size in sizes]
            answer = await self._exchange.exchange(peer, requests, patience)
            if answer.status != TOO_BIG or ceiling == 1:
                self._remember(place, sizes[answer.tries - 1] if answer.tries > 1 else ceiling + 1, patience)
                return answer
            ceiling //= 2

    def _remember(self, place: tuple[str, int], ceiling: int, patience: Patience) -> None:
        """What came through after a loss is asked for next time, and one more with each answer that comes at once."""
        if ceiling < patience.repetitions:
            self._ceilings[place] = ceiling
        else:
            self._ceilings.pop(place, None)
