"""What a program knows stays out of core dumps, process lists, logs and what it prints."""

import asyncio
import re
import subprocess
from pathlib import Path

import pytest

from lab.ports import free_port
from tests.peers.programs import PYTHON, ROOT, get, running, until
from tests.peers.settings_files import TOKEN, collector_file
from tests.peers.snmp_agents import scripted_agent

CANARY = "canary-in-the-mine-7391"
DUMPABLE = "import ctypes, resource; from shared.shielding import forbid_dumps; forbid_dumps(); "
DUMPABLE += "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE))"


def test_no_core_is_dumped_and_nobody_attaches() -> None:
    said = subprocess.run([PYTHON, "-c", DUMPABLE], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True)

    assert said.stdout.split("\n")[0] == "0 (0, 0)"


@pytest.mark.system
def test_a_running_collector_dumps_no_core_and_its_tokens_are_nowhere_to_be_seen(tmp_path: Path) -> None:
    port = free_port()
    file = collector_file(tmp_path, port, ["s1"], ["a1"])
    file.write_text(file.read_text().replace(TOKEN.format("a1"), CANARY), encoding="utf-8")
    command = [PYTHON, "-m", "collector", "run", "--config", str(file), "--log-level", "DEBUG"]
    with running("collector", command, tmp_path) as program:
        until("the collector is ready", lambda: get(f"http://127.0.0.1:{port}/readyz"), program)
        limits = Path(f"/proc/{program.pid}/limits").read_text()
        told = Path(f"/proc/{program.pid}/cmdline").read_bytes().decode() + get(f"http://127.0.0.1:{port}/metrics")
        told += get(f"http://127.0.0.1:{port}/api/v1/status")

    assert CANARY in file.read_text()
    assert re.search(r"Max core file size\s+0\s+0", limits)
    assert CANARY not in told + program.said()


async def test_a_community_is_not_in_what_the_probe_prints(tmp_path: Path) -> None:
    credential = tmp_path / "credential.yaml"
    credential.write_text(f"community: {CANARY}\n", encoding="utf-8")
    credential.chmod(0o600)
    async with scripted_agent(lambda _: [b"not SNMP"]) as agent:
        target = f"{agent.address}:{agent.port}"
        command = [PYTHON, "-m", "agent", "probe", "snmp", target, "--credential-file", str(credential), "--json"]
        command += ["--timeout", "1"]
        done = await asyncio.to_thread(
            subprocess.run, command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
        )

    assert '"outcome"' in done.stdout
    assert CANARY not in done.stdout + done.stderr
