"""Traces in a network of the test's own: branches, silence, small MTUs; a child that does not end is ended."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agent.path.trace import Answer, Answers, Request
from agent.path.tracing import trace
from agent.probe import ProbeFailed, Surroundings, Target
from agent.probes.path import PathCheck, PathInstrument
from shared.wire.reading import Outcome
from tests.peers.presence import require
from tests.peers.village import HandClock

ROOT = Path(__file__).parents[3]
TARGET = "10.9.6.2"
MANY_FLOWS = ("--flows", "16")
"""The kernel draws its hash anew in each namespace: eight flows miss a branch once in 128 runs, 16 once in 32,768."""


def traced(case: str, *options: str) -> Any:
    """What ``probe path --json`` says inside the test's own network."""
    require("ip", "iproute2")
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("only root may make the namespaces")
    inside = [sys.executable, "-m", "agent", "probe", "path", TARGET, "--json", *options]
    command = ["unshare", "--net", "--mount", sys.executable, "-m", "tests.peers.routers", case, *inside]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def addresses(found: Any) -> list[list[str]]:
    return [hop["addresses"] for hop in found["hops"]]


def test_many_flows_find_both_branches_and_the_router_that_tells_the_mtu() -> None:
    found = traced("plain", *MANY_FLOWS)

    assert found["outcome"] == "ok"
    assert addresses(found) == [["10.9.1.2"], ["10.9.2.2", "10.9.3.2"], ["10.9.4.2"], [TARGET]]
    assert [(hop["sent"], hop["received"]) for hop in found["hops"]] == [(32, 32)] * 4
    assert all(0 < hop["rtt_min_seconds"] < 0.05 for hop in found["hops"])
    assert (found["path_mtu_bytes"], found["mtu_told_by"]) == (1400, "10.9.4.2")


def test_a_silent_hop_has_its_place_and_a_black_hole_of_large_packets_is_found() -> None:
    found = traced("silent", *MANY_FLOWS, "--timeout", "0.3")

    assert addresses(found) == [["10.9.1.2"], ["10.9.2.2", "10.9.3.2"], [], [TARGET]]
    assert (found["path_mtu_bytes"], found["mtu_told_by"]) == (1400, "")


def test_one_flow_sees_one_branch() -> None:
    found = traced("plain", "--flows", "1", "--mtu-ceiling", "0")

    assert len(addresses(found)[1]) == 1
    assert found["path_mtu_bytes"] is None


def test_a_target_that_nobody_leads_to_is_unreachable_and_the_last_hop_is_named() -> None:
    found = traced("unreachable")

    assert (found["outcome"], found["reason"]) == ("unreachable", "the last that answered was hop 3 (10.9.4.2)")


def python(program: str) -> tuple[str, ...]:
    return (sys.executable, "-c", program)


FAULTS = {
    "takes for ever": ("import time; time.sleep(600)", "was ended"),
    "ends at once": ("", "without an answer (status "),
    "babbles": ("print('x' * 100)", "no answer that can be read"),
    "babbles for ever": ("while True: print('x' * 100_000)", "no answer that can be read"),
    "cannot": ('print(\'{"error": "no right to raw sockets", "denied": true}\')', "no right to raw sockets"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_whatever_a_child_does_the_agent_gets_one_line(fault: str) -> None:
    program, line = FAULTS[fault]

    with pytest.raises(ProbeFailed) as failed:
        await trace(Request(address="127.0.0.1"), 3.0 if "for ever" in fault else 30.0, python(program))

    assert line in failed.value.reason
    assert failed.value.outcome is (Outcome.DENIED if fault == "cannot" else Outcome.ERROR)


def ended(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
    except FileNotFoundError:
        return True


async def test_a_child_that_is_ended_takes_its_own_children_with_it(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    program = (
        "import subprocess, sys, time; "
        f"p = subprocess.Popen(['sleep', '600']); open({str(told)!r}, 'w').write(str(p.pid)); time.sleep(600)"
    )
    with pytest.raises(ProbeFailed):
        await trace(Request(address="127.0.0.1"), 2.0, python(program))

    # The signal is sent; the kernel ends a process when it next runs.
    async with asyncio.timeout(20):
        while not ended(told.read_text()):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.02)


def test_a_child_that_wants_too_much_memory_dies_alone() -> None:
    limited = "import agent.path.child as c, resource as r; c.main(); x = bytearray(2 * c.MEMORY_BYTES)"
    done = subprocess.run(
        python(limited), cwd=ROOT, input=b"not a request", capture_output=True, timeout=60, check=False
    )

    assert b"MemoryError" in done.stderr
    assert json.loads(done.stdout)["error"]


async def test_a_change_of_path_is_an_event_once(tmp_path: Path) -> None:
    told: list[list[Answer]] = []

    async def answered(_request: Request, _limit_seconds: float) -> Answers:
        return Answers(sent={1: 1, 2: 1}, answers=told.pop(0), reached=True)

    instrument = PathInstrument(Surroundings(HandClock(), {}, tmp_path), answered)
    end = Answer(0, 2, 0, "127.0.0.1", 0.01, last=True)
    old, new = (Answer(0, 1, 0, address, 0.01, last=False) for address in ("10.0.0.1", "10.0.0.2"))
    told += [[old, end], [old, end], [new, end], [new, end]]
    target = Target(site="s", name="t", address="127.0.0.1")
    findings = [await instrument.measure(PathCheck(), target) for _ in range(4)]

    assert [finding.facts["changed"] for finding in findings] == [False, False, True, False]
    assert findings[2].reason == "path changed: 10.0.0.1 127.0.0.1 -> 10.0.0.2 127.0.0.1"
    changes = [s.value for f in findings for s in f.samples if s.name == "phusong_path_changes_total"]
    assert changes == [0, 0, 1, 1]
