"""SNMPv3 answers that somebody changed on the way: none of them may become a value."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest

from agent.probe import Credential
from agent.snmp.engine import AccessDenied, Patience, Peer, SnmpFailure, parse_oid
from agent.snmp.pysnmp_engine import open_pysnmp_engine
from shared.secret import Secret
from tests.peers.snmpd import AUTHENTICATION_KEY, PRIVACY_KEY, Snmpd, running_snmpd

NAME = parse_oid("1.3.6.1.2.1.1.5.0")
DIGEST_BYTES = 24
"""RFC 7860: of HMAC-SHA-256."""


@asynccontextmanager
async def relay(snmpd: Snmpd, change: Callable[[bytes], bytes]) -> AsyncIterator[int]:
    """Between the engine and snmpd: answers with a digest go through ``change``."""
    loop = asyncio.get_running_loop()
    askers: list[tuple[str, int]] = []

    class Outside(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            askers[:] = [addr]
            inner.sendto(data)

    class Inside(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, _addr: tuple[str, int]) -> None:
            outer.sendto(change(data) if digest_at(data) else data, askers[0])

    outer, _ = await loop.create_datagram_endpoint(Outside, local_addr=("127.0.0.1", 0))
    inner, _ = await loop.create_datagram_endpoint(Inside, remote_addr=(snmpd.address, snmpd.port))
    try:
        yield outer.get_extra_info("sockname")[1]
    finally:
        outer.close()
        inner.close()


def digest_at(answer: bytes) -> int:
    """Where the digest stands: 24 bytes behind the user's name; 0 where there is none (discovery)."""
    at = answer.find(b"\x04\x06sha256\x04\x18")
    return at + 10 if at >= 0 else 0


def flipped(answer: bytes, at: int) -> bytes:
    return answer[:at] + bytes((answer[at] ^ 1,)) + answer[at + 1 :]


def without_digest(answer: bytes) -> bytes:
    at = digest_at(answer)
    return answer[:at] + bytes(DIGEST_BYTES) + answer[at + DIGEST_BYTES :]


def in_clear(answer: bytes) -> bytes:
    """The flags say that the answer is neither authenticated nor encrypted."""
    at = answer.find(b"\x04\x01\x03\x02\x01\x03")
    return answer[: at + 2] + b"\x00" + answer[at + 3 :]


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "one bit of the digest": lambda answer: flipped(answer, digest_at(answer)),
    "no digest": without_digest,
    "one bit of what is encrypted": lambda answer: flipped(answer, len(answer) - 3),
    "flags of the clear": in_clear,
    "nothing but the clear": lambda answer: in_clear(without_digest(answer)),
    "cut off": lambda answer: answer[:-5],
}


def peer(port: int) -> Peer:
    keys = Secret(AUTHENTICATION_KEY), Secret(PRIVACY_KEY)
    return Peer(
        "127.0.0.1",
        port,
        Credential(
            version="3",
            user="sha256",
            authentication="SHA-256",
            authentication_key=keys[0],
            privacy="AES-128",
            privacy_key=keys[1],
        ),
    )


@pytest.mark.parametrize("case", CHANGES)
async def test_a_changed_answer_is_never_a_value(case: str) -> None:
    with running_snmpd() as snmpd:
        async with relay(snmpd, CHANGES[case]) as port, open_pysnmp_engine() as engine:
            until = asyncio.get_running_loop().time() + 0.6
            with pytest.raises(SnmpFailure):
                await engine.get(peer(port), [NAME], Patience(until=until, tries=1))


async def test_an_unchanged_answer_is_one() -> None:
    """The relay itself does no harm, and the cases above really change what passes."""
    changed: list[bool] = []

    def note(answer: bytes) -> bytes:
        changed.append(all(change(answer) != answer for change in CHANGES.values()))
        return answer

    with running_snmpd() as snmpd:
        async with relay(snmpd, note) as port, open_pysnmp_engine() as engine:
            until = asyncio.get_running_loop().time() + 5.0
            found = await engine.get(peer(port), [NAME], Patience(until=until))
    assert found[0].value.content == b"gateway.test"
    assert changed
    assert all(changed)


async def test_one_user_on_many_devices_and_one_name_with_other_keys() -> None:
    """Devices share an engine and still have their own sockets, engine ids and clocks."""
    with running_snmpd() as one, running_snmpd() as two, running_snmpd() as three:
        async with open_pysnmp_engine() as engine:
            until = asyncio.get_running_loop().time() + 10.0
            peers = [peer(snmpd.port) for snmpd in (one, two, three)]
            found = await asyncio.gather(*(engine.get(p, [NAME], Patience(until=until)) for p in peers * 2))
            wrong = msgspec.structs.replace(peers[2].credential, authentication_key=Secret("other-authentication"))
            with pytest.raises(AccessDenied):
                await engine.get(Peer("127.0.0.1", three.port, wrong), [NAME], Patience(until=until))
            again = await engine.get(peers[2], [NAME], Patience(until=until))
    assert {varbinds[0].value.content for varbinds in [*found, again]} == {b"gateway.test"}
