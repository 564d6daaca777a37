"""Real programs among simulated sites: what the lab imposes is what ping, fping and snmpget see."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.peers.presence import require
from tests.peers.sites import namespace

ROOT = Path(__file__).parents[2]


def among_sites(*command: str, delay_ms: float = 20.0, loss: float = 0.0) -> subprocess.CompletedProcess[str]:
    words = [*namespace(), sys.executable, "-m", "tests.peers.sites", str(delay_ms), str(loss), *command]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_the_imposed_delay_is_what_ping_measures() -> None:
    """Never less than imposed; the bound above is wide, for a busy machine."""
    done = among_sites(require("ping", "iputils-ping"), "-n", "-c", "10", "-i", "0.05", "10.1.5.1")

    times = sorted(float(time) for time in re.findall(r"time=([\d.]+) ms", done.stdout))
    # ping waits for its last reply only twice the longest time so far: on a busy machine it may leave before.
    assert len(times) >= 9
    assert 20.0 <= times[0] < 25.0


def test_fping_reaches_every_site_and_loses_nothing() -> None:
    addresses = [f"10.1.{number}.1" for number in range(1, 21)]
    done = among_sites(require("fping", "fping"), "-q", "-c", "5", "-p", "100", *addresses)

    assert done.stderr.count(": xmt/rcv/%loss = 5/5/0%") == 20


def test_full_loss_is_silence() -> None:
    done = among_sites(require("fping", "fping"), "-q", "-c", "3", "-p", "20", "-t", "100", "10.1.1.1", loss=1.0)

    assert "xmt/rcv/%loss = 3/0/100%" in done.stderr


def test_an_address_without_a_site_is_silence() -> None:
    done = among_sites(require("fping", "fping"), "-q", "-c", "2", "-p", "20", "-t", "100", "10.200.1.1")

    assert "xmt/rcv/%loss = 2/0/100%" in done.stderr


@pytest.mark.parametrize("version", ["1", "2c"])
def test_snmpget_reads_the_name_of_the_router(version: str) -> None:
    program = require("snmpget", "snmp")
    done = among_sites(program, "-v", version, "-c", "public", "-Ovq", "10.1.3.1", "1.3.6.1.2.1.1.5.0")

    assert done.stdout.strip() == '"router 3"'


def test_a_bulk_walk_gives_the_whole_recording_in_order() -> None:
    done = among_sites(require("snmpbulkwalk", "snmp"), "-v2c", "-c", "public", "-On", "10.1.3.1", "1.3.6.1.2.1")

    found = re.findall(r"^\.([\d.]+) = (?!No more)", done.stdout, re.MULTILINE)
    names = [tuple(map(int, name.split("."))) for name in found]
    assert names == sorted(set(names))
    assert len(names) > 200


def test_a_wrong_community_is_a_timeout() -> None:
    program = require("snmpget", "snmp")
    done = among_sites(program, "-v2c", "-c", "wrong", "-t", "0.3", "-r", "0", "10.1.3.1", "1.3.6.1.2.1.1.5.0")

    assert "Timeout" in done.stderr


def test_tcp_is_refused_at_once() -> None:
    attempt = "import socket; print(socket.socket().connect_ex(('10.1.2.1', 22)) == 111)"
    done = among_sites(sys.executable, "-c", attempt)

    assert done.stdout.strip() == "True"


def test_hostile_packets_do_not_stop_the_reader() -> None:
    """Raw noise of every protocol to a site, and then an echo still comes back."""
    attempt = """
import os, random, socket, subprocess, sys
noise = random.Random(5)
for protocol in (1, 6, 17, 132):
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol) as raw:
        for _ in range(200):
            raw.sendto(noise.randbytes(noise.randrange(8, 300)), ("10.1.2.1", 0))
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
    for _ in range(200):
        datagrams.sendto(noise.randbytes(noise.randrange(0, 3000)), ("10.1.2.1", 161))
sys.exit(subprocess.call(["ping", "-n", "-c", "2", "-i", "0.1", "10.1.2.1"]))
"""
    require("ping", "iputils-ping")
    done = among_sites(sys.executable, "-c", attempt)

    assert "2 received" in done.stdout, done.stderr
