"""The whole program: started, stopped, its disk broken under it; and what it says to wrong input."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from shared.wire.reading import Batch, Reading
from tests.peers.bad_collector import Collector, answer, listening

ROOT = Path(__file__).parents[3]


def settings(folder: Path, port: int, check_port: int) -> Path:
    path = folder / "agent.yaml"
    content = {
        "agent": "a1",
        "site": "s1",
        "uplink": {"url": f"http://127.0.0.1:{port}", "token": "canary-token", "timeout_seconds": 2},
        "state": str(folder / "state"),
        "commit_seconds": 0.2,
        "checks": [{"kind": "tcp", "every_seconds": 0.2, "timeout_seconds": 1}],
        "targets": [{"site": "s2", "name": "door", "address": f"127.0.0.1:{check_port}"}],
    }
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def command(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "agent", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


async def start(config: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "agent", "run", "--config", str(config)), cwd=ROOT, stderr=asyncio.subprocess.PIPE
    )


async def stop(agent: asyncio.subprocess.Process) -> str:
    """End it as systemd does; gives what it said."""
    agent.send_signal(signal.SIGTERM)
    _, said = await asyncio.wait_for(agent.communicate(), 30)
    assert agent.returncode == 0, said.decode()
    assert b"Traceback" not in said
    assert b"canary-token" not in said
    return said.decode()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in another process
            await asyncio.sleep(0.02)


def readings(batches: list[Batch], kind: str) -> list[Reading]:
    return [r for batch in batches for record in batch.records for r in record.cycle.readings if r.kind == kind]


async def test_an_agent_measures_tells_about_itself_and_loses_nothing_when_it_is_stopped(tmp_path: Path) -> None:
    async with listening(Collector(metrics_wanted=True)) as collector:
        agent = await start(settings(tmp_path, collector.port, collector.port))
        await until(lambda: len(readings(collector.batches, "tcp")) >= 3)
        said = await stop(agent)

    found, own = readings(collector.batches, "tcp"), readings(collector.batches, "agent")
    told = {sample.name for reading in own for sample in reading.samples}
    described = {metric.name for batch in collector.batches for metric in batch.metrics}
    assert {(r.site, r.target, r.outcome.value) for r in found} == {("s2", "door", "ok")}
    assert {(r.site, r.target, r.role) for r in own} == {("s1", "a1", "agent")}
    assert told >= {"phusong_agent_info", "phusong_agent_spool_records", "phusong_agent_resident_memory_bytes"}
    assert told <= described
    assert sorted(collector.stored) == list(range(1, max(collector.stored) + 1))
    assert "stopped" in said


async def test_it_tries_again_as_often_as_its_settings_say(tmp_path: Path) -> None:
    """As often as it does unasked, twenty times would take minutes."""
    config = settings(tmp_path, 0, 1)
    content = yaml.safe_load(config.read_text(encoding="utf-8"))
    async with listening(Collector(acts=[lambda _: answer(503)] * 20)) as collector:
        content["uplink"] |= {"url": f"http://127.0.0.1:{collector.port}", "retry_cap_seconds": 0.05}
        content["uplink"]["retry_first_seconds"] = 0.01
        config.write_text(yaml.safe_dump(content), encoding="utf-8")
        agent = await start(config)
        await until(lambda: bool(collector.stored))
        await stop(agent)

    assert len(collector.batches) > 20


async def test_a_spool_that_breaks_under_the_running_agent_is_replaced_and_probing_goes_on(tmp_path: Path) -> None:
    async with listening(Collector()) as collector:
        agent = await start(settings(tmp_path, collector.port, collector.port))
        await until(lambda: bool(collector.batches))
        epoch = collector.batches[-1].epoch
        # All three, or SQLite goes on from what it remembers; in place, as a failing card would.
        for name in ("spool.sqlite", "spool.sqlite-wal", "spool.sqlite-shm"):
            path = tmp_path / "state" / "spool" / name
            with path.open("r+b") as file:
                file.write(b"\xff" * path.stat().st_size)
        collector.stored.clear()
        await until(lambda: any(batch.epoch != epoch for batch in collector.batches))
        fresh = len(collector.batches)
        await until(lambda: len(readings(collector.batches[fresh:], "tcp")) >= 1)
        await stop(agent)

    assert list((tmp_path / "state" / "spool").glob("spool.sqlite.corrupt-????????"))


async def test_probing_goes_on_without_a_disk_and_the_spool_returns_to_it_once_it_is_there(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.write_text("a file where a folder belongs", encoding="utf-8")
    async with listening(Collector()) as collector:
        agent = await start(settings(tmp_path, collector.port, collector.port))
        await until(lambda: len(readings(collector.batches, "tcp")) >= 1)
        state.unlink()
        await until(lambda: len({batch.epoch for batch in collector.batches}) == 2)
        home = len(collector.batches)
        await until(lambda: len(readings(collector.batches[home:], "tcp")) >= 2)
        said = await stop(agent)
    names = [(batch.epoch, record.sequence) for batch in collector.batches for record in batch.records]

    assert "memory stands in for it" in said
    assert "the disk takes records again" in said
    assert (state / "spool" / "spool.sqlite").exists()
    for epoch in {epoch for epoch, _ in names}:
        numbers = {sequence for each, sequence in names if each == epoch}
        assert numbers == set(range(1, max(numbers) + 1))


async def test_a_collector_that_never_answers_does_not_hold_up_the_end(tmp_path: Path) -> None:
    collector = Collector()
    collector.acts = [collector.mute] * 100
    async with listening(collector):
        agent = await start(settings(tmp_path, collector.port, collector.port))
        await until(lambda: bool(collector.batches))
        await stop(agent)


def test_check_config_says_good_or_what_to_mend(tmp_path: Path) -> None:
    good = command("check-config", "--config", str(settings(tmp_path, 1, 1)))
    bad = command("check-config", "--config", "tests/agent/settings/bad/misspelt_key.yaml")
    absent = command("run", "--config", str(tmp_path / "absent.yaml"))

    assert (good.returncode, good.stderr) == (0, "")
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr.endswith("unknown key 'commit_secnds', did you mean 'commit_seconds'?\n")
    assert (absent.returncode, absent.stderr) == (2, f"{tmp_path}/absent.yaml: no such file or directory\n")


@pytest.mark.parametrize("name", ["run", "check-config", "probe", "probes"])
def test_every_command_shows_an_example(name: str) -> None:
    done = command(name, "--help")

    assert done.returncode == 0
    assert f"example:\n  phusong-agent {name}" in done.stdout


def test_a_probe_by_hand_gives_one_object_and_an_exit_code() -> None:
    done = command("probe", "tcp", "127.0.0.1:1", "--timeout", "1", "--json")
    wrong = command("probe", "icmp", "127.0.0.1", "--count", "0")

    found = json.loads(done.stdout)
    assert done.returncode == 1
    assert (found["kind"], found["target"], found["outcome"]) == ("tcp", "127.0.0.1:1", "refused")
    assert wrong.returncode == 2
    assert len(wrong.stderr.splitlines()) == 1


def test_an_icmp_probe_whose_target_does_not_resolve_still_has_every_promised_key() -> None:
    done = command("probe", "icmp", "no-such-name.invalid", "--count", "3", "--json")

    found = json.loads(done.stdout)
    nothing = {name: found[name] for name in ("address", "rtt_min_seconds", "rtt_median_seconds", "rtt_max_seconds")}
    assert done.returncode == 1
    assert found["outcome"] == "error"
    assert set(nothing.values()) == {None} == {found["jitter_seconds"], *found["rtt_seconds"]}
    assert len(found["rtt_seconds"]) == 3
    counts = ("sent", "received", "duplicates", "late", "reordered", "longest_loss_run")
    assert [found[name] for name in counts] == [0] * len(counts)
    assert found["timestamps"] == "user"


def test_the_list_of_probes_names_the_options_that_the_help_explains() -> None:
    listed = command("probes").stdout

    for kind in ("icmp", "snmp", "tcp", "dns", "http"):
        shown = command("probe", kind, "--help").stdout
        told = listed.split(f"probe {kind} --help")[0].rpartition("--help")[2]
        options = [word for word in told.split() if word.startswith("--")]
        assert "--timeout" in options
        assert [option for option in options if option not in shown] == []


async def test_a_second_agent_on_one_state_folder_is_told_so(tmp_path: Path) -> None:
    """Two on one spool would send each other's records, each sure that they are its own."""
    async with listening(Collector()) as collector:
        config = settings(tmp_path, collector.port, collector.port)
        first = await start(config)
        await until((tmp_path / "state" / "lock").exists)
        second = command("run", "--config", str(config))
        await stop(first)

    assert second.returncode == 1
    assert second.stderr.splitlines()[-1].endswith("/state: another one works on this folder: end it first")
