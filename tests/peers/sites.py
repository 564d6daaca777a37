"""Simulated sites behind a TUN device for a command among them: python -m tests.peers.sites MS LOSS COMMAND."""

import asyncio
import os
import random
import shutil
import sys
from pathlib import Path

import pytest

from lab import tunnel
from lab.network import Network
from lab.recording import parse_recording
from lab.responder import Responder
from lab.router import Router
from lab.wan import Quality

DATA = Path(__file__).parents[2] / "lab" / "data"


def namespace() -> list[str]:
    """What to write before a command so that it runs in a network of its own; skips where the machine forbids it."""
    words = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--net"]
    if shutil.which("unshare") is None or not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        word = "/dev/net/tun may not be used here"
        if os.environ.get("PHUSONG_REQUIRE_PEERS"):
            pytest.fail(word)
        pytest.skip(word)
    return words


async def _main(delay_ms: float, loss: float, command: list[str]) -> int:
    network = Network(random.Random(7))
    recording = parse_recording((DATA / "branch_router.snmprec").read_text(encoding="utf-8"))
    responder = Responder(recording, "public")
    for number in range(1, 21):
        words = {"name": f"router {number}", "place": "nowhere", "contact": "nobody"}
        network.place(f"10.1.{number}.1", Router(responder, words), Quality(delay_seconds=delay_ms / 2000, loss=loss))
    tunnel.raise_loopback()
    with tunnel.open_tun("10.255.255.254", "255.0.0.0") as device, tunnel.open_tunnel(device, network.answer):
        child = await asyncio.create_subprocess_exec(*command)
        return await child.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(_main(float(sys.argv[1]), float(sys.argv[2]), sys.argv[3:])))
