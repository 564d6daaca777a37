"""What an echo request costs and how many a second one process sends without false loss, beside fping in one run."""

from collections.abc import Callable
from typing import Any

from lab.bench import Bench, Table
from lab.bench.icmp_error import play


def run(say: Callable[[str], None]) -> Table:
    """193 and 10,000 targets once a second behind a TUN device, then rising rates on the loopback."""
    say("193 targets for 20 s, 10,000 targets for 8 s, then rising rates: about a minute and a half")
    told = play("cost")
    rows = [
        (f"{targets} targets x 1/s", name, *_figures(found))
        for targets in ("193", "10000")
        for name, found in told[targets].items()
    ]
    rows += [
        (f"{int(rate):,}/s on the loopback", "own engine", *_figures(found)) for rate, found in told["rates"].items()
    ]
    return Table(
        title="ICMP: cost of a probe",
        columns=("load", "prober", "CPU us a probe", "sent", "falsely lost", "voided", "resident MB", "s (planned)"),
        rows=tuple(rows),
        notes=("The wire loses nothing, so every loss is false. CPU is user and system time of the prober's process.",),
    )


def _figures(found: dict[str, Any]) -> tuple[str, ...]:
    cost = found["cpu_seconds"] / max(1, found["sent"]) * 1e6
    memory = f"{found['memory_mb']:.0f}" if "memory_mb" in found else "-"
    voided = "; ".join(found.get("voided", ())) or "-"
    took = f"{found['elapsed_seconds']:.1f} ({found['planned_seconds']:.1f})" if "planned_seconds" in found else "-"
    return (f"{cost:.1f}", f"{found['sent']:,}", f"{found['sent'] - found['received']:,}", voided, memory, took)


BENCH = Bench(name="icmp-cost", summary="CPU of an ICMP probe and the highest rate, beside fping", run=run)
