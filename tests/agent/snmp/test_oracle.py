"""The own engine beside pysnmp: both are given the same answers and must say the same."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.probe import Credential
from agent.snmp.engine import Kind, Patience, Peer, SnmpEngine, Value, Varbind, parse_oid
from agent.snmp.pysnmp_engine import open_pysnmp_engine
from agent.snmp.session import open_session
from lab.recording import Recording, parse_recording
from shared.secret import Secret
from tests.peers.snmp_agents import COMMUNITY, recorded_agent, scripted_agent
from tests.peers.snmpd import running_snmpd

RECORDINGS = sorted((Path(__file__).parents[3] / "config" / "profiles").glob("*/recording.snmprec"))
SUBTREES = ("1.3.6.1.2.1.1", "1.3.6.1.2.1.2", "1.3.6.1.2.1.31", "1.3.6.1.2.1.33", "1.3.6.1.4.1")


def recorded(folder: Path) -> Recording:
    return parse_recording(folder.read_text(encoding="utf-8"))


def credential(version: str) -> Credential:
    return Credential(version=version, community=Secret(COMMUNITY))


async def both(asking: Callable[[SnmpEngine, Patience], object]) -> tuple[object, object]:
    async with open_session() as own, open_pysnmp_engine() as oracle:
        until = asyncio.get_running_loop().time() + 20.0
        found = [await asking(engine, Patience(until=until)) for engine in (own, oracle)]  # type: ignore[misc]
    return found[0], found[1]


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.parent.name)
@pytest.mark.parametrize("version", ["1", "2c"])
async def test_recordings_are_walked_alike(path: Path, version: str) -> None:
    async with recorded_agent(recorded(path)) as agent:
        peer = Peer("127.0.0.1", agent.port, credential(version))
        for subtree in map(parse_oid, SUBTREES):
            own, oracle = await both(lambda engine, patience, oid=subtree: engine.walk(peer, oid, patience))
            assert own == oracle


async def test_a_real_agent_is_read_alike() -> None:
    with running_snmpd() as snmpd:
        peer = Peer(snmpd.address, snmpd.port, credential("2c"))
        own, oracle = await both(lambda engine, patience: engine.walk(peer, parse_oid("1.3.6.1.2.1.2.2.1.2"), patience))
        assert own == oracle
        assert own


VALUES = [
    *(Value(Kind.INTEGER, number) for number in (0, -1, 127, 128, -(2**31), 2**31 - 1)),
    *(Value(kind, n) for kind in (Kind.COUNTER32, Kind.GAUGE32, Kind.TIME_TICKS) for n in (0, 2**31, 2**32 - 1)),
    *(Value(Kind.COUNTER64, number) for number in (0, 2**63, 2**64 - 1)),
    *(Value(Kind.OCTET_STRING, octets) for octets in (b"", b"a", bytes(range(256)), b"x" * 2000)),
    Value(Kind.OPAQUE, b"\x9f\x78\x04\x41\xbc\x00\x00"),
    Value(Kind.IP_ADDRESS, b"\x7f\x00\x00\x01"),
    Value(Kind.OBJECT_IDENTIFIER, (0, 0)),
    Value(Kind.OBJECT_IDENTIFIER, (2, 999, 4_294_967_295)),
    Value(Kind.OBJECT_IDENTIFIER, (1, 3, 6, 1, 4, 1, 14988, 1)),
    *(Value(kind, None) for kind in (Kind.NO_SUCH_OBJECT, Kind.NO_SUCH_INSTANCE, Kind.END_OF_MIB_VIEW)),
]


async def test_every_kind_of_value_is_read_alike() -> None:
    names = [(1, 3, 6, 1, 2, 1, 1, number) for number in range(len(VALUES))]
    known = dict(zip(names, VALUES, strict=True))
    async with scripted_agent(lambda q: [q.answer(*(Varbind(oid, known[oid]) for oid in q.oids))]) as agent:
        peer = Peer("127.0.0.1", agent.port, credential("2c"))
        own, oracle = await both(lambda engine, patience: engine.get(peer, names, patience))
    assert own == oracle == [Varbind(name, known[name]) for name in names]
