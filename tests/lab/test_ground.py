"""What stands on the ground answers the agent's own SNMP probe and follows its conditions."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.probe import Credential, Instrument, Surroundings, Target
from agent.probes.snmp import SnmpCheck, open_snmp
from lab.faults import Conditions
from lab.ground import Ground, on_loopback, open_loopback_ground
from lab.stage import COMMUNITY, Stage, load_recordings, set_stage
from shared.clock import SystemClock
from shared.secret import Secret
from shared.wire.reading import Outcome

PROFILES = Path(__file__).parents[2] / "config" / "profiles"
PATIENT = SnmpCheck(credentials="lab", timeout_seconds=20.0)
HASTY = SnmpCheck(credentials="lab", timeout_seconds=0.5, retries=0, retry_seconds=0.4)


@pytest.fixture
def stage() -> Stage:
    return set_stage(3, 1)


@pytest.fixture
async def ground(stage: Stage, unused_udp_port: int) -> AsyncIterator[Ground]:
    async with open_loopback_ground(stage, unused_udp_port) as opened:
        yield opened


@pytest.fixture
async def snmp() -> AsyncIterator[Instrument]:
    credentials = {"lab": Credential(community=Secret(COMMUNITY))}
    async with open_snmp(Surroundings(SystemClock(), credentials, PROFILES)) as instrument:
        yield instrument


def target(address: str, port: int) -> Target:
    return Target(site="s", name="n", address=f"{on_loopback(address)}:{port}")


async def outcome(snmp: Instrument, address: str, port: int) -> Outcome:
    return (await snmp.measure(HASTY, target(address, port))).outcome


async def test_a_router_gives_the_agent_its_interfaces_and_its_name(
    ground: Ground, snmp: Instrument, stage: Stage, unused_udp_port: int
) -> None:
    found = await snmp.measure(PATIENT, target(stage.sites[0].address, unused_udp_port))

    assert found.outcome is Outcome.OK, found.reason
    statuses = [sample for sample in found.samples if sample.name == "ifOperStatus"]
    assert len(statuses) >= 4
    (info,) = [sample for sample in found.samples if sample.name == "phusong_snmp_system_info"]
    assert stage.sites[0].commune.name in dict(info.labels)["sysLocation"]


async def test_a_power_supply_is_known_by_its_object_id(
    ground: Ground, snmp: Instrument, stage: Stage, unused_udp_port: int
) -> None:
    site = next(site for site in stage.sites if site.has_ups)
    found = await snmp.measure(PATIENT, target(site.ups_address, unused_udp_port))

    assert found.outcome is Outcome.OK, found.reason
    assert "upsOutputSource" in {sample.name for sample in found.samples}


async def test_a_cut_site_is_silent_and_answers_when_it_is_mended(
    ground: Ground, snmp: Instrument, stage: Stage, unused_udp_port: int
) -> None:
    """From inside the commune its router still answers: that is how a cut is told from a dead router."""
    site = stage.sites[0]
    calm = Conditions(link=site.quality)
    ground.follow(site, replace(calm, link=replace(site.quality, cut=True)))
    assert await outcome(snmp, site.address, unused_udp_port) is Outcome.TIMEOUT
    inside = await snmp.measure(PATIENT, target(site.lan_address, unused_udp_port))
    assert inside.outcome is Outcome.OK

    ground.follow(site, calm)
    assert await outcome(snmp, site.address, unused_udp_port) is Outcome.OK


async def test_a_router_that_hangs_is_silent_from_inside_too(
    ground: Ground, snmp: Instrument, stage: Stage, unused_udp_port: int
) -> None:
    site = stage.sites[0]
    ground.follow(site, Conditions(link=site.quality, router_hung=True))

    assert await outcome(snmp, site.lan_address, unused_udp_port) is Outcome.TIMEOUT


async def test_power_that_returns_restarts_the_router(
    ground: Ground, snmp: Instrument, stage: Stage, unused_udp_port: int
) -> None:
    site = stage.sites[0]
    calm = Conditions(link=site.quality)
    before = await snmp.measure(PATIENT, target(site.address, unused_udp_port))
    ground.follow(site, replace(calm, powered=False))
    ground.follow(site, calm)
    after = await snmp.measure(PATIENT, target(site.address, unused_udp_port))

    assert before.facts["uptime_seconds"] > 100
    assert after.facts["uptime_seconds"] < 30


def test_recordings_are_sorted_and_named_by_their_devices() -> None:
    recordings = load_recordings()

    assert set(recordings) == {"branch_router", "small_router", "ups"}
    assert all(len(recording.rows) > 20 for recording in recordings.values())
