"""SNMPv3: pysnmp checks who speaks, our codec reads what is said, and it is what pysnmp reads over v2c."""

import asyncio

import pytest

from agent.probe import Credential
from agent.snmp.engine import Kind, Oid, Patience, Peer, parse_oid
from agent.snmp.pysnmp_engine import open_pysnmp_engine
from shared.secret import Secret
from tests.peers.snmpd import AUTHENTICATION_KEY, COMMUNITY, PRIVACY_KEY, Snmpd, running_snmpd

PLAYPEN = "1.3.6.1.4.1.8072.9999.9999"
KINDS = {
    "integer": ("-2147483648", "-1", "0", "2147483647"),
    "counter": ("0", "128", "4294967295"),
    "uinteger": ("0", "4294967295"),
    "timeticks": ("0", "4294967295"),
    "octet_str": ('"Hà Giang"', '"' + "x" * 200 + '"'),
    "object_id": (f".{PLAYPEN}.4294967295",),
}
"""As net-snmp's ``override`` writes them."""
SYS_NAME = parse_oid("1.3.6.1.2.1.1.5.0")


def user(name: str = "sha256") -> Credential:
    strong = name == "sha512"
    return Credential(
        version="3",
        user=name,
        authentication="SHA-512" if strong else "SHA-256",
        authentication_key=Secret(AUTHENTICATION_KEY),
        privacy="AES-256" if strong else "AES-128",
        privacy_key=Secret(PRIVACY_KEY),
    )


def peer(snmpd: Snmpd, credential: Credential) -> Peer:
    return Peer(snmpd.address, snmpd.port, credential)


@pytest.mark.parametrize("name", ["sha256", "sha512"])
async def test_values_of_every_kind_read_over_v3_what_pysnmp_reads_over_v2c(name: str) -> None:
    values = [(kind, text) for kind, texts in KINDS.items() for text in texts]
    lines = [f"override {PLAYPEN}.1.{row} {kind} {text}" for row, (kind, text) in enumerate(values, start=1)]
    with running_snmpd(extra=lines) as snmpd:
        async with open_pysnmp_engine() as engine:
            patience = Patience(until=asyncio.get_running_loop().time() + 20.0, repetitions=5)
            column: Oid = parse_oid(f"{PLAYPEN}.1")
            by_us = await engine.walk(peer(snmpd, user(name)), column, patience)
            by_pysnmp = await engine.walk(peer(snmpd, Credential(community=Secret(COMMUNITY))), column, patience)

    assert by_us == by_pysnmp
    assert len(by_us) == len(values)


async def test_devices_of_one_user_are_asked_at_once_and_not_mixed_up() -> None:
    """They share one pysnmp engine, which knows the user once."""
    with running_snmpd() as one, running_snmpd(extra=["sysName other.test"]) as other:
        async with open_pysnmp_engine() as engine:
            patience = Patience(until=asyncio.get_running_loop().time() + 20.0)
            asked = [peer(snmpd, user()) for snmpd in (one, other) * 8]
            found = await asyncio.gather(*(engine.get(place, [SYS_NAME], patience) for place in asked))

    assert [rows[0].value.content for rows in found] == [b"gateway.test", b"other.test"] * 8


async def test_an_instance_that_is_not_there_is_a_value_of_its_own_over_v3() -> None:
    with running_snmpd() as snmpd:
        async with open_pysnmp_engine() as engine:
            patience = Patience(until=asyncio.get_running_loop().time() + 20.0)
            rows = await engine.get(peer(snmpd, user()), [parse_oid("1.3.6.1.2.1.1.5.7"), SYS_NAME], patience)

    assert [row.value.kind for row in rows] == [Kind.NO_SUCH_INSTANCE, Kind.OCTET_STRING]
