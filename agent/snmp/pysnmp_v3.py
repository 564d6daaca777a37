"""SNMPv3 by pysnmp with the varbinds left to our codec: pysnmp checks who speaks, it does not take the answer apart.

pysnmp decodes an answer after it has checked user, digest, window and key; three quarters of its time went into objects
for varbinds that were turned into others at once. Its message model is given a response whose varbinds stay bytes.
"""

import asyncio
from typing import Any

from pyasn1.type import namedtype, univ
from pysnmp.entity.rfc3413 import cmdgen
from pysnmp.hlapi.v3arch.asyncio.lcd import CommandGeneratorLcdConfigurator
from pysnmp.proto import rfc1905
from pysnmp.proto.api import v2c
from pysnmp.proto.mpmod import rfc3412

from agent.snmp.ber import RESPONSE, V2C, Head, MalformedMessage, OidCache, expect, read_varbinds
from agent.snmp.engine import Answer, BadAnswer, Operation, Request


def _replaced(types: Any, name: str, kind: Any) -> Any:
    """A structure's components with one of another type."""
    parts = [
        namedtype.NamedType(part.name, kind if part.name == name else part.asn1Object) for part in types.namedTypes
    ]
    return namedtype.NamedTypes(*parts)


class _Response(rfc1905.ResponsePDU):  # type: ignore[misc]
    componentType = _replaced(rfc1905.ResponsePDU.componentType, "variable-bindings", univ.Any())  # noqa: N815


class _Pdus(rfc1905.PDUs):  # type: ignore[misc]
    componentType = _replaced(rfc1905.PDUs.componentType, "response", _Response())  # noqa: N815


class _Scoped(rfc3412.ScopedPDU):  # type: ignore[misc]
    componentType = _replaced(rfc3412.ScopedPDU.componentType, "data", _Pdus())  # noqa: N815


class _ScopedData(rfc3412.ScopedPduData):  # type: ignore[misc]
    componentType = _replaced(rfc3412.ScopedPduData.componentType, "plaintext", _Scoped())  # noqa: N815


class _Message(rfc3412.SNMPv3Message):  # type: ignore[misc]
    componentType = _replaced(rfc3412.SNMPv3Message.componentType, "msgData", _ScopedData())  # noqa: N815


class QuickV3(rfc3412.SnmpV3MessageProcessingModel):  # type: ignore[misc]
    """pysnmp's message processing for v3, with responses whose varbinds are bytes."""

    SNMP_MSG_SPEC = _Message


_PDUS = {
    Operation.GET: rfc1905.GetRequestPDU,
    Operation.GET_NEXT: rfc1905.GetNextRequestPDU,
    Operation.GET_BULK: rfc1905.GetBulkRequestPDU,
}


class Asker:
    """Questions over one pysnmp engine that has :class:`QuickV3`."""

    def __init__(self, engine: Any) -> None:
        engine.message_processing_subsystems[QuickV3.MESSAGE_PROCESSING_MODEL_ID] = QuickV3()
        self._engine = engine
        self._cache = OidCache()
        self._configurator = CommandGeneratorLcdConfigurator()

    async def ask(self, user: Any, target: Any, request: Request) -> tuple[Any, Answer | None]:
        """Pysnmp's complaint, or the answer; raises :class:`BadAnswer` where an authentic answer is malformed."""
        name, _ = self._configurator.configure(self._engine, user, target, b"")
        api = v2c.apiBulkPDU if request.operation is Operation.GET_BULK else v2c.apiPDU
        pdu = _PDUS[request.operation]()
        api.set_defaults(pdu)
        if request.operation is Operation.GET_BULK:
            api.set_non_repeaters(pdu, 0)
            api.set_max_repetitions(pdu, request.repetitions)
        api.set_varbinds(pdu, [(oid, v2c.null) for oid in request.oids])
        said: asyncio.Future[tuple[Any, Any]] = asyncio.get_running_loop().create_future()

        def take(_engine: Any, _handle: Any, complaint: Any, answer: Any, _context: Any) -> None:
            if not said.done():
                said.set_result((complaint, answer))

        cmdgen.CommandGenerator().send_pdu(self._engine, name, None, b"", pdu, take, None)
        complaint, answer = await said
        return complaint, None if complaint is not None else self._read(answer)

    def _read(self, pdu: Any) -> Answer:
        data = bytes(pdu[3])
        try:
            start, stop = expect(data, 0, len(data), 0x30)
            varbinds = read_varbinds(data, Head(V2C, b"", RESPONSE, 0, 0, 0, start, stop), self._cache)
        except MalformedMessage as malformed:
            raise BadAnswer(f"what came is not valid SNMP: {malformed}") from None
        return Answer(int(pdu[1]), int(pdu[2]), varbinds, len(data))
