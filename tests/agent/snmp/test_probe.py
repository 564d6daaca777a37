"""The probe against a real net-snmp agent: what it gives, and how each failure is named."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import pytest

from agent.probe import Credential, Finding, Instrument, Surroundings, Target
from agent.probes.snmp import PROBE, SnmpCheck
from shared.clock import SystemClock
from shared.secret import Secret
from shared.wire.reading import Outcome
from tests.peers.snmpd import AUTHENTICATION_KEY, PRIVACY_KEY, USERS, Snmpd, free_udp_port, running_snmpd

PROFILES = Path(__file__).parents[3] / "config" / "profiles"
LOOPBACK = (("ifDescr", "lo"), ("ifName", "lo"))


@pytest.fixture(scope="module")
def snmpd() -> Iterator[Snmpd]:
    with running_snmpd() as running:
        yield running


def v3(user: str, authentication_key: str = AUTHENTICATION_KEY, privacy_key: str = PRIVACY_KEY) -> Credential:
    authentication, privacy = USERS.get(user, ("SHA-256", "AES"))
    return Credential(
        version="3",
        user=user,
        authentication=authentication,
        authentication_key=Secret(authentication_key),
        privacy="AES-128" if privacy == "AES" else privacy,
        privacy_key=Secret(privacy_key),
    )


CREDENTIALS: Mapping[str, Credential] = {
    "v2c": Credential(community=Secret("hagiang-2c")),
    "v1": Credential(version="1", community=Secret("hagiang-2c")),
    "typo": Credential(community=Secret("hagiang-2d")),
    "default": Credential(community=Secret("public")),
    "meant": Credential(community=Secret("public"), allow_default_community=True),
    "short key": v3("sha256", privacy_key="short"),
    "stranger": v3("stranger"),
    "wrong key": v3("sha256", authentication_key="not-the-key-of-it"),
    **{user: v3(user) for user in USERS},
}


@pytest.fixture
async def instrument() -> AsyncIterator[Instrument]:
    async with PROBE.open(Surroundings(SystemClock(), CREDENTIALS, PROFILES)) as opened:
        yield opened


async def ask(instrument: Instrument, address: str, credentials: str, **options: object) -> Finding:
    check = SnmpCheck(**{"timeout_seconds": 5.0, **options})
    return await instrument.measure(check, Target(site="s", name="t", address=address, credentials=credentials))


@pytest.mark.parametrize("credentials", ["v1", "v2c", *USERS])
async def test_every_version_gives_the_same_device(instrument: Instrument, snmpd: Snmpd, credentials: str) -> None:
    finding = await ask(instrument, snmpd.target, credentials)
    found = {(sample.name, sample.labels): sample.value for sample in finding.samples}

    assert finding.outcome is Outcome.OK, finding.reason
    assert found["phusong_snmp_up", ()] == 1
    assert found["ifOperStatus", LOOPBACK] == 1
    assert found["ifIndex", LOOPBACK] == 1
    if credentials != "v1":
        assert found["ifHCInOctets", LOOPBACK] >= 0
    assert any(name == "phusong_snmp_system_info" and ("sysLocation", "Hà Giang") in labels for name, labels in found)


async def test_the_facts_have_the_names_that_scripts_rely_on(instrument: Instrument, snmpd: Snmpd) -> None:
    facts = (await ask(instrument, snmpd.target, "v2c", profiles=("system",))).facts

    assert facts["sys_object_id"] == "1.3.6.1.4.1.8072.3.2.10"
    assert facts["uptime_seconds"] >= 0
    assert {"name": "phusong_snmp_up", "labels": {}, "value": 1.0} in facts["samples"]


async def test_every_sample_has_its_description(instrument: Instrument, snmpd: Snmpd) -> None:
    finding = await ask(instrument, snmpd.target, "v2c")

    assert {sample.name for sample in finding.samples} <= {metric.name for metric in instrument.metrics}


async def test_a_wrong_community_is_silence_and_the_reason_says_what_to_check(
    instrument: Instrument, snmpd: Snmpd
) -> None:
    finding = await ask(instrument, snmpd.target, "typo", timeout_seconds=0.4, retry_seconds=0.1)

    assert finding.outcome is Outcome.TIMEOUT
    assert finding.reason == (
        f"127.0.0.1 port {snmpd.port}: no answer: check address, firewall, and the community of credentials 'typo'"
    )


@pytest.mark.parametrize("credentials", ["v2c", "sha256"])
async def test_a_closed_port_is_refused_at_once(instrument: Instrument, credentials: str) -> None:
    port = free_udp_port()
    finding = await ask(instrument, f"127.0.0.1:{port}", credentials)

    assert finding.outcome is Outcome.REFUSED
    assert finding.reason == f"127.0.0.1 port {port}: nobody listens on the port"


@pytest.mark.parametrize(
    ("credentials", "word"),
    [
        ("stranger", "the device does not know this user"),
        ("wrong key", "the authentication key or protocol is wrong"),
    ],
)
async def test_version_3_says_who_was_denied(instrument: Instrument, snmpd: Snmpd, credentials: str, word: str) -> None:
    finding = await ask(instrument, snmpd.target, credentials)

    assert (finding.outcome, finding.reason) == (Outcome.DENIED, f"127.0.0.1 port {snmpd.port}: {word}")


@pytest.mark.parametrize(
    ("credentials", "options", "word"),
    [
        ("default", {}, "credentials 'default': community: is one that every scanner tries"),
        ("short key", {}, "credentials 'short key': privacy_key: is shorter than 8 characters"),
        ("nobody", {}, "there are no credentials named 'nobody'"),
        ("v2c", {"profiles": ("if_mip",)}, "unknown profile 'if_mip', did you mean 'if_mib'?"),
    ],
)
async def test_what_cannot_be_asked_is_said_before_a_packet_is_sent(
    instrument: Instrument, credentials: str, options: dict[str, object], word: str
) -> None:
    finding = await ask(instrument, "127.0.0.1:9", credentials, **options)

    assert finding.outcome is Outcome.ERROR
    assert finding.reason.startswith(word)
    assert finding.facts["sys_object_id"] is None


async def test_a_default_community_is_used_where_it_is_meant(instrument: Instrument) -> None:
    with running_snmpd(community="public") as device:
        finding = await ask(instrument, device.target, "meant", profiles=("system",))

    assert finding.outcome is Outcome.OK


@pytest.mark.parametrize("address", ["no-such-host.invalid", "127.0.0.1:snmp", "127.0.0.1:0"])
async def test_an_address_that_is_none_is_an_error_in_one_line(instrument: Instrument, address: str) -> None:
    finding = await ask(instrument, address, "v2c")

    assert finding.outcome is Outcome.ERROR
    assert "does not resolve" in finding.reason or "is no port" in finding.reason


def by_hand(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "agent", "probe", "snmp", *arguments],
        cwd=PROFILES.parents[1],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_by_hand_prints_one_object_with_the_promised_names(snmpd: Snmpd) -> None:
    keys = {"PHUSONG_SNMP_AUTHENTICATION_KEY": AUTHENTICATION_KEY, "PHUSONG_SNMP_PRIVACY_KEY": PRIVACY_KEY}
    done = by_hand(snmpd.target, "--user", "sha256", "--profile", "system", "--json", **keys)
    said = json.loads(done.stdout)

    assert done.returncode == 0, done.stderr
    assert (said["kind"], said["target"], said["outcome"]) == ("snmp", snmpd.target, "ok")
    assert said["sys_object_id"] == "1.3.6.1.4.1.8072.3.2.10"
    assert said["uptime_seconds"] >= 0
    assert {"name", "labels", "value"} == set(said["samples"][0])


def test_by_hand_takes_a_credential_from_a_file(snmpd: Snmpd, tmp_path: Path) -> None:
    """A community on the command line stands in every process list."""
    file = tmp_path / "credential.yaml"
    file.write_text("version: '2c'\ncommunity: hagiang-2c\n", encoding="utf-8")
    done = by_hand(snmpd.target, "--credential-file", str(file), "--profile", "system")

    assert done.returncode == 0, done.stderr
    assert "gateway.test" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--version", "4"], "version: there is no SNMP version '4': 1, 2c or 3"),
        ([], "community: SNMP version 2c wants a community"),
        (["--version", "3"], "user: SNMP version 3 wants a user"),
        (["--community", "x", "--profile", "sistem"], "profiles[0]: unknown profile 'sistem', did you mean 'system'?"),
    ],
)
def test_wrong_options_are_told_in_one_line(arguments: list[str], line: str) -> None:
    done = by_hand("127.0.0.1:9", *arguments)

    assert done.returncode == 2
    assert done.stderr == f"phusong-agent probe snmp: {line}\n"


def test_a_default_community_in_the_settings_is_told_by_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "credentials.yaml").write_text("routers:\n  community: public\n", encoding="utf-8")
    (tmp_path / "agent.yaml").write_text(
        "agent: a\nsite: s\nstate: state\nuplink: {url: 'http://127.0.0.1:1', token: t}\n"
        "credentials_file: credentials.yaml\nchecks: []\ntargets: []\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "agent", "check-config", "--config", str(tmp_path / "agent.yaml")]
    done = subprocess.run(command, cwd=PROFILES.parents[1], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert done.stderr == (
        f"{tmp_path}/credentials.yaml:2: routers.community: is one that every scanner tries: "
        "change it on the device, or say 'allow_default_community: true'\n"
    )
