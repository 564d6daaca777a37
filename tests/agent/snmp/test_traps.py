"""Traps and informs of net-snmp's own commands, and of nobody in particular."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.probe import Credential, Finding, Instrument, ProbeFailed, Surroundings, Target
from agent.probes.snmp_trap import PROBE, TrapCheck
from agent.snmp.ber import MalformedMessage, OidCache
from agent.snmp.trap import read_trap
from shared.clock import SystemClock
from shared.secret import Secret
from shared.wire.reading import Outcome
from tests.peers.presence import require
from tests.peers.snmpd import free_udp_port

COMMUNITY = "hagiang-2c"
LINK_DOWN, LINK_UP, COLD_START = (f"1.3.6.1.6.3.1.1.5.{number}" for number in (3, 4, 1))
IF_INDEX = ("1.3.6.1.2.1.2.2.1.1.7", "i", "7")
CREDENTIALS: Mapping[str, Credential] = {"routers": Credential(community=Secret(COMMUNITY))}
TARGET = Target(site="s", name="gw", address="127.0.0.1:161", credentials="routers")


@pytest.fixture
async def instrument() -> AsyncIterator[Instrument]:
    async with PROBE.open(Surroundings(SystemClock(), CREDENTIALS, Path())) as opened:
        yield opened


@pytest.fixture
def check() -> TrapCheck:
    return TrapCheck(listen_address="127.0.0.1", listen_port=free_udp_port(), timeout_seconds=10.0)


async def say(program: str, port: int, *words: str, version: str = "2c", community: str = COMMUNITY) -> int:
    """Run net-snmp's command; its exit code tells whether an inform was acknowledged."""
    command = [require(program, "snmp"), f"-v{version}", "-c", community, "-r", "0", "-t", "2", f"127.0.0.1:{port}"]
    process = await asyncio.create_subprocess_exec(
        *command, *words, env={"MIBS": "", "PATH": "/usr/bin:/bin"}, stderr=asyncio.subprocess.DEVNULL
    )
    return await process.wait()


def values(finding: Finding) -> dict[tuple[str, str], float]:
    return {(s.name, s.labels[0][1] if s.labels else ""): s.value for s in finding.samples}


async def listening(instrument: Instrument, check: TrapCheck) -> "asyncio.Task[Finding]":
    """A run that waits, with its socket open."""
    waiting = asyncio.ensure_future(instrument.measure(check, TARGET))
    async with asyncio.timeout(5):
        while not instrument._open:  # type: ignore[attr-defined]  # noqa: ASYNC110 - opening sets no event
            await asyncio.sleep(0.005)
    return waiting


async def test_a_link_that_goes_down_is_a_reading_at_once(instrument: Instrument, check: TrapCheck) -> None:
    waiting = await listening(instrument, check)
    await say("snmptrap", check.listen_port, "", LINK_DOWN, *IF_INDEX)
    finding = await waiting
    found = values(finding)

    assert finding.outcome is Outcome.OK
    assert found["phusong_snmp_traps_total", "linkDown"] == 1
    assert found["phusong_snmp_traps_total", "linkUp"] == 0
    assert found["phusong_snmp_trap_link_up", "7"] == 0
    assert {name for name, _ in found} <= {metric.name for metric in instrument.metrics}


async def test_an_inform_is_acknowledged_and_what_came_between_two_runs_is_not_lost(
    instrument: Instrument, check: TrapCheck
) -> None:
    waiting = await listening(instrument, check)
    assert await say("snmpinform", check.listen_port, "", LINK_UP, *IF_INDEX) == 0
    await waiting
    assert await say("snmpinform", check.listen_port, "", COLD_START) == 0
    found = values(await instrument.measure(check, TARGET))

    assert found["phusong_snmp_traps_total", "coldStart"] == 1
    assert found["phusong_snmp_trap_link_up", "7"] == 1


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("1.3.6.1.4.1.8072", "127.0.0.1", "2", "0", "1", *IF_INDEX), "linkDown"),
        (("1.3.6.1.2.1.33.2", "127.0.0.1", "6", "1", "1"), "upsTrapOnBattery"),
        (("1.3.6.1.4.1.8072", "127.0.0.1", "6", "99", "1"), "other"),
    ],
)
async def test_version_1_says_the_same_in_its_own_way(
    instrument: Instrument, check: TrapCheck, words: tuple[str, ...], name: str
) -> None:
    waiting = await listening(instrument, check)
    await say("snmptrap", check.listen_port, *words, version="1")

    assert values(await waiting)["phusong_snmp_traps_total", name] == 1


async def test_another_community_is_refused_counted_and_not_acknowledged(
    instrument: Instrument, check: TrapCheck
) -> None:
    waiting = await listening(instrument, check)
    assert await say("snmpinform", check.listen_port, "", LINK_DOWN, community="other") != 0
    assert not waiting.done()
    await say("snmptrap", check.listen_port, "", LINK_UP)
    found = values(await waiting)

    assert found["phusong_snmp_traps_total", "linkDown"] == 0
    assert found["phusong_snmp_traps_refused_total", "community"] == 1


async def test_quiet_is_no_failure(instrument: Instrument, check: TrapCheck) -> None:
    finding = await instrument.measure(TrapCheck(listen_port=check.listen_port, timeout_seconds=0.05), TARGET)

    assert finding.outcome is Outcome.OK
    assert values(finding)["phusong_snmp_traps_total", "linkDown"] == 0


async def test_a_port_that_is_taken_is_told_in_one_line(instrument: Instrument) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(ProbeFailed, match=f"cannot listen for traps on 127.0.0.1 port {port}: address already in"):
            await instrument.measure(TrapCheck(listen_address="127.0.0.1", listen_port=port), TARGET)


@given(st.binary(max_size=200))
def test_garbage_is_no_trap(datagram: bytes) -> None:
    with pytest.raises(MalformedMessage):
        read_trap(datagram, OidCache())
