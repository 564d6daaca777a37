"""SNMPv3 traps and informs of net-snmp's own commands: only who has the keys and says it now, for the first time."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.probe import Credential, Finding, Instrument, Surroundings, Target
from agent.probes.snmp_trap import PROBE, TrapCheck
from agent.snmp.trap_v3 import Station, V3Device
from agent.snmp.usm_keys import User
from shared.clock import SystemClock
from shared.secret import Secret
from tests.peers.presence import require
from tests.peers.snmpd import free_udp_port

LINK_DOWN, LINK_UP = "1.3.6.1.6.3.1.1.5.3", "1.3.6.1.6.3.1.1.5.4"
IF_INDEX = ("1.3.6.1.2.1.2.2.1.1.7", "i", "7")
KEY, PRIVACY_KEY = "authentication-key", "privacy-key-of-it"
ENGINE = "0x8000000001020304"
USERS = {"sha256": ("SHA-256", "AES-128"), "sha512": ("SHA-512", "AES-256"), "sha1": ("SHA", "AES-128")}
NET_SNMP = {"AES-128": "AES", "AES-256": "AES-256"}


def credential(user: str) -> Credential:
    authentication, privacy = USERS[user]
    return Credential(
        version="3",
        user=user,
        authentication=authentication,
        authentication_key=Secret(KEY),
        privacy=privacy,
        privacy_key=Secret(PRIVACY_KEY),
    )


CREDENTIALS: Mapping[str, Credential] = {user: credential(user) for user in USERS}


def target(user: str = "sha256") -> Target:
    return Target(site="s", name="gw", address="127.0.0.1:161", credentials=user)


@pytest.fixture
async def instrument() -> AsyncIterator[Instrument]:
    async with PROBE.open(Surroundings(SystemClock(), CREDENTIALS, Path())) as opened:
        yield opened


@pytest.fixture
def check() -> TrapCheck:
    return TrapCheck(listen_address="127.0.0.1", listen_port=free_udp_port(), timeout_seconds=10.0)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path


def as_user(user: str = "sha256", key: str = KEY, privacy_key: str = PRIVACY_KEY) -> list[str]:
    authentication, privacy = USERS.get(user, USERS["sha256"])
    return [
        *("-u", user, "-l", "authPriv", "-a", authentication, "-A", key),
        *("-x", NET_SNMP[privacy], "-X", privacy_key),
    ]


async def say(program: str, port: int, state: Path, words: list[str], *what: str) -> int:
    """Run net-snmp's command; its exit code tells whether an inform was acknowledged."""
    command = [require(program, "snmp"), "-v3", *words, "-r", "0", "-t", "2", f"127.0.0.1:{port}", "", *what]
    environment = {"MIBS": "", "PATH": "/usr/bin:/bin", "SNMP_PERSISTENT_DIR": str(state)}
    process = await asyncio.create_subprocess_exec(*command, env=environment, stderr=asyncio.subprocess.DEVNULL)
    return await process.wait()


async def trap(port: int, state: Path, words: list[str], *what: str, engine: str = ENGINE) -> None:
    await say("snmptrap", port, state, ["-e", engine, *words], *(what or (LINK_DOWN, *IF_INDEX)))


def values(finding: Finding) -> dict[tuple[str, str], float]:
    return {(s.name, s.labels[0][1] if s.labels else ""): s.value for s in finding.samples}


def taken(finding: Finding) -> float:
    return sum(value for (name, _), value in values(finding).items() if name == "phusong_snmp_traps_total")


def refused(finding: Finding) -> dict[str, float]:
    found = values(finding).items()
    return {reason: value for (name, reason), value in found if name.endswith("refused_total") and value}


async def listening(instrument: Instrument, check: TrapCheck, user: str = "sha256") -> "asyncio.Task[Finding]":
    waiting = asyncio.ensure_future(instrument.measure(check, target(user)))
    async with asyncio.timeout(5):
        while not any(listener.devices for _, listener in instrument._open.values()):  # type: ignore[attr-defined]  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    return waiting


async def recorded(state: Path, words: list[str]) -> bytes:
    """The bytes of a trap."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(5)
        await trap(ear.getsockname()[1], state, words)
        return ear.recv(2000)


def throw(port: int, *datagrams: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
        for datagram in datagrams:
            mouth.sendto(datagram, ("127.0.0.1", port))


@pytest.mark.parametrize("user", USERS)
async def test_a_trap_of_the_user_is_a_reading_at_once(
    instrument: Instrument, check: TrapCheck, state: Path, user: str
) -> None:
    waiting = await listening(instrument, check, user)
    await trap(check.listen_port, state, as_user(user))
    found = await waiting

    assert values(found)["phusong_snmp_traps_total", "linkDown"] == 1
    assert values(found)["phusong_snmp_trap_link_up", "7"] == 0
    assert not refused(found)


@pytest.mark.parametrize("user", USERS)
async def test_an_inform_is_acknowledged_after_its_sender_has_found_our_engine(
    instrument: Instrument, check: TrapCheck, state: Path, user: str
) -> None:
    waiting = await listening(instrument, check, user)

    assert await say("snmpinform", check.listen_port, state, as_user(user), LINK_UP, *IF_INDEX) == 0
    assert values(await waiting)["phusong_snmp_trap_link_up", "7"] == 1


STRANGERS = {
    "digest": as_user(key="another-key-of-it"),
    "decryption": as_user(privacy_key="another-key-of-it"),
    "user": as_user("nobody"),
    "level": ["-u", "sha256", "-l", "noAuthNoPriv"],
}


@pytest.mark.parametrize("reason", STRANGERS)
async def test_who_lacks_a_key_or_the_level_is_refused_by_reason_and_never_a_reading(
    instrument: Instrument, check: TrapCheck, state: Path, reason: str
) -> None:
    waiting = await listening(instrument, check)
    await trap(check.listen_port, state, STRANGERS[reason])
    assert await say("snmpinform", check.listen_port, state, STRANGERS[reason], LINK_DOWN) != 0
    assert not waiting.done()
    await trap(check.listen_port, state, as_user(), LINK_UP, *IF_INDEX)
    found = await waiting

    assert taken(found) == 1
    assert values(found)["phusong_snmp_trap_link_up", "7"] == 1
    assert refused(found)[reason] >= 2


async def test_less_than_encryption_is_refused_with_the_right_authentication_key(
    instrument: Instrument, check: TrapCheck, state: Path
) -> None:
    waiting = await listening(instrument, check)
    await trap(check.listen_port, state, ["-u", "sha256", "-l", "authNoPriv", "-a", "SHA-256", "-A", KEY])
    await trap(check.listen_port, state, as_user(), LINK_UP, *IF_INDEX)
    found = await waiting

    assert taken(found) == 1
    assert refused(found) == {"level": 1}


async def test_a_replay_is_refused_at_once_and_after_the_window(
    instrument: Instrument, check: TrapCheck, state: Path
) -> None:
    early = await recorded(state, [*as_user(), "-Z", "5,1000"])
    before = await recorded(state, [*as_user(), "-Z", "4,2000"])
    late = await recorded(state, [*as_user(), "-Z", "5,2000"])
    waiting = await listening(instrument, check)
    throw(check.listen_port, late, late, early, before)
    await waiting
    await trap(check.listen_port, state, [*as_user(), "-Z", "5,2001"], LINK_UP, *IF_INDEX)
    found = await instrument.measure(check, target())

    assert values(found)["phusong_snmp_traps_total", "linkDown"] == 1
    assert taken(found) == 2
    assert refused(found) == {"replay": 1, "window": 2}


async def test_an_inform_that_is_said_again_is_acknowledged_and_counted_once(
    instrument: Instrument, check: TrapCheck, state: Path
) -> None:
    waiting = await listening(instrument, check)
    loop, passed, back = asyncio.get_running_loop(), list[bytes](), asyncio.Queue[bytes]()

    class Outside(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            passed.append(data)
            askers[:] = [addr]
            inner.sendto(data)

    class Inside(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, _addr: tuple[str, int]) -> None:
            back.put_nowait(data)
            outer.sendto(data, askers[0])

    askers: list[tuple[str, int]] = []
    outer, _ = await loop.create_datagram_endpoint(Outside, local_addr=("127.0.0.1", 0))
    inner, _ = await loop.create_datagram_endpoint(Inside, remote_addr=("127.0.0.1", check.listen_port))
    try:
        port = outer.get_extra_info("sockname")[1]
        assert await say("snmpinform", port, state, as_user(), LINK_UP, *IF_INDEX) == 0
        await waiting
        answered = back.qsize()
        inner.sendto(passed[-1])
        async with asyncio.timeout(5):
            for _ in range(answered + 1):
                await back.get()
    finally:
        outer.close()
        inner.close()
    found = await instrument.measure(
        TrapCheck(listen_port=check.listen_port, timeout_seconds=0.05, listen_address="127.0.0.1"), target()
    )

    assert taken(found) == 1
    assert refused(found)["replay"] == 1


async def test_a_shared_passphrase_does_not_let_one_device_speak_as_another(state: Path) -> None:
    said = await recorded(state, as_user())
    station, user = Station(bytes(range(9)), 1, 0.0), User(credential("sha256"))
    one, other = V3Device("one", user, station), V3Device("other", user, station)

    assert one.judge(said, 1.0).trap is not None
    assert other.judge(said, 1.0).reason == "engine"


async def test_no_bit_of_a_trap_can_be_changed(state: Path) -> None:
    said = await recorded(state, as_user())
    user = User(credential("sha256"))
    for place in range(len(said) * 8):
        changed = bytearray(said)
        changed[place // 8] ^= 1 << place % 8
        device = V3Device("one", user, Station(bytes(range(9)), 1, 0.0))
        assert device.judge(bytes(changed), 1.0).trap is None, place
    assert V3Device("one", user, Station(bytes(range(9)), 1, 0.0)).judge(said, 1.0).trap is not None


async def test_a_community_is_no_v3_user_and_no_user_a_community(
    instrument: Instrument, check: TrapCheck, state: Path
) -> None:
    waiting = await listening(instrument, check)
    throw(check.listen_port, bytes.fromhex("300b0201010406") + b"public" + b"\x30\x00")
    throw(check.listen_port, b"\x30\x03\x02\x01\x03", b"nothing")
    await trap(check.listen_port, state, as_user())

    assert refused(await waiting) == {"version": 1, "malformed": 2}


USER = User(credential("sha256"))


@given(st.binary(max_size=200))
def test_garbage_is_never_a_trap(datagram: bytes) -> None:
    judged = V3Device("one", USER, Station(bytes(range(9)), 1, 0.0)).judge(datagram, 1.0)

    assert judged.trap is None
    assert judged.reason == "malformed"
