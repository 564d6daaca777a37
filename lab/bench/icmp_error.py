"""How far reported round-trip times are from a capture, beside fping, ping and blackbox_exporter, idle and busy."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab.bench import Bench, Table
from lab.bench.icmp_scene import PEERS

ROOT = Path(__file__).parents[2]
_SECONDS = 900


def play(scene: str, stage: str = "lab.bench.icmp_scene") -> Any:
    """What a scene of a module prints, played in a network namespace of its own."""
    words = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--net"]
    command = [*words, sys.executable, "-m", stage, scene]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, timeout=_SECONDS, check=True)
    return json.loads(done.stdout)


def run(say: Callable[[str], None]) -> Table:
    """One run: 20 targets behind 3 ms of delay, 50 packets each, every 100 ms."""
    say("20 targets, 50 packets each, four probers, idle and busy: about half a minute")
    told = play("error")
    names = list(told["idle"])
    rows = [
        (name, str(len(told["idle"][name])), *(_percentiles(told[load].get(name, [])) for load in ("idle", "busy")))
        for name in names
    ]
    return Table(
        title="ICMP: |reported - captured| round-trip time",
        columns=("prober", "replies", "idle p50 / p99 us", "both cores busy p50 / p99 us"),
        rows=tuple(rows),
        notes=(
            "The capture: the kernel's stamps on an AF_PACKET socket of the same machine; a TUN device delays by 3 ms.",
            *(f"{peer} is not installed: not in this run." for peer in PEERS if peer not in names),
            "fping and ping print three digits, at 3 ms steps of 10 us: up to 5 us of their error are rounding.",
        ),
    )


def _percentiles(errors: list[float]) -> str:
    if not errors:
        return "-"
    sizes = sorted(abs(error) for error in errors)
    return f"{sizes[len(sizes) // 2]:.1f} / {sizes[int(len(sizes) * 0.99)]:.1f}"


BENCH = Bench(
    name="icmp-error", summary="RTT error against a packet capture, beside fping, ping, blackbox_exporter", run=run
)
