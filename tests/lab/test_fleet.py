"""The fleet's batches are batches as agents send them: a real collector stores each, and a wrong address is said so."""

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import fleet
from lab.ports import free_port
from shared.wire.codec import Limits, decode_batch
from tests.peers.demo import ROOT


def send(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lab", "fleet", "--agents", "5", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[str]:
    """The address of a real collector that knows five agents of the fleet."""
    port = free_port()
    settings = fleet.write_settings(tmp_path / "fleet", 5, port)
    command = [sys.executable, "-m", "collector", "run", "--config", str(settings)]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
            break
        except urllib.error.URLError:
            time.sleep(0.1)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(30)


def test_a_batch_decodes_to_what_was_asked_for() -> None:
    batch = decode_batch(fleet.make_batch(7, "epoch", 3, 60, (10**12, 10**18)), Limits())

    assert (batch.agent, batch.records[0].sequence) == ("fleet-00007", 3)
    assert len(batch.records[0].cycle.readings) == 60
    assert len({reading.target for reading in batch.records[0].cycle.readings}) == 60


def test_a_real_collector_stores_every_reading(collector: str) -> None:
    done = send("--collector", collector, "--duration", "2", "--every", "1", "--readings", "10")

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("10 batches of 10 readings, 10 acknowledged\n")
    with urllib.request.urlopen(f"{collector}/metrics", timeout=10) as answer:  # noqa: S310 - our own
        assert b"\nphusong_collector_ingest_readings_total 100.0\n" in answer.read()


def test_a_fleet_that_nobody_knows_is_told_by_its_answers(collector: str) -> None:
    """The sixth agent is not in the collector's list."""
    command = [sys.executable, "-m", "lab", "fleet", "--agents", "6", "--collector", collector]
    done = subprocess.run(
        [*command, "--duration", "1", "--every", "1"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 1
    assert done.stderr == "phusong-lab: 401: 1 of 6 batches\n"


def test_a_collector_that_is_away_is_one_line() -> None:
    done = send("--collector", f"http://127.0.0.1:{free_port()}", "--duration", "1", "--every", "1")

    assert done.returncode == 1
    assert done.stderr == "phusong-lab: no answer: 5 of 5 batches\n"


@pytest.mark.parametrize("url", ["nonsense", "https://127.0.0.1", "http://", "http://host:port"])
def test_a_wrong_address_is_exit_code_2(url: str) -> None:
    done = send("--collector", url)

    assert done.returncode == 2
    assert f"argument --collector: {url!r} is not http://ADDRESS:PORT" in done.stderr.splitlines()[-1]
