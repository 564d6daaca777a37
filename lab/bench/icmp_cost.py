"""What an echo request costs and how many a second one process sends without false loss, beside fping in one run."""

from collections.abc import Callable
from statistics import median
from typing import Any

from lab.bench import Bench, Table
from lab.bench.icmp_error import play


def run(say: Callable[[str], None]) -> Table:
    """193 and 10,000 targets once a second behind a TUN device, in turns; then rising rates on the loopback."""
    say("five turns of 193 targets for 20 s and 10,000 targets for 6 s, then rising rates: about six minutes")
    told = play("cost")
    rows: list[tuple[str, ...]] = []
    for targets, found in told["turns"].items():
        for name, turns in found.items():
            beside = [_cost(turn) / _cost(peer) for turn, peer in zip(turns, found.get("fping", ()), strict=False)]
            cells = (_spread([_cost(turn) for turn in turns], 1), _spread(beside, 2) if beside else "-")
            rows.append((f"{int(targets):,} x 1/s", name, *cells, *_figures(turns)))
    for rate, turn in told["rates"].items():
        rows.append((f"{int(rate):,}/s on the loopback", "own engine", f"{_cost(turn):.1f}", "-", *_figures([turn])))
    return Table(
        title="ICMP: cost of a probe",
        columns=(
            *("load", "prober", "CPU us a probe", "x fping", "of it system us"),
            *("sent", "falsely lost", "voided", "resident MB", "s (planned)"),
        ),
        rows=tuple(rows),
        notes=(
            "The wire loses nothing, so every loss is false. CPU: user and system time of the process while it probes.",
            "Medians of turns (least to most); a ratio is that of two neighbours in time.",
        ),
    )


def _cost(turn: dict[str, Any], key: str = "cpu_seconds") -> float:
    microseconds: float = turn[key] / max(1, turn["sent"]) * 1e6
    return microseconds


def _spread(values: list[float], digits: int) -> str:
    return f"{median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def _figures(turns: list[dict[str, Any]]) -> tuple[str, ...]:
    system = median(_cost(turn, "system_seconds") for turn in turns)
    sent, received = (sum(turn[key] for turn in turns) for key in ("sent", "received"))
    voided = "; ".join(sorted({word for turn in turns for word in turn.get("voided", ())})) or "-"
    last = turns[-1]
    memory = f"{last['memory_mb']:.0f}" if "memory_mb" in last else "-"
    took = f"{last['elapsed_seconds']:.1f} ({last['planned_seconds']:.1f})" if "planned_seconds" in last else "-"
    return (f"{system:.1f}", f"{sent:,}", f"{sent - received:,}", voided, memory, took)


BENCH = Bench(name="icmp-cost", summary="CPU of an ICMP probe and the highest rate, beside fping", run=run)
