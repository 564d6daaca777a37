"""Loss, late, doubled and overtaken replies as reported, beside the ledger of the wire that caused them, and fping."""

from collections.abc import Callable
from typing import Any

from lab.bench import Bench, Table
from lab.bench.icmp_error import play


def run(say: Callable[[str], None]) -> Table:
    """One run: 300 packets a case, 10 ms apart, all cases at once."""
    say("seven cases of 300 packets, two probers one after the other: about 10 seconds")
    rows: list[tuple[str, ...]] = []
    for entry in play("truth", "lab.bench.icmp_known"):
        for name in ("own engine", "fping"):
            if name in entry:
                did, said = entry[name]["did"], entry[name]["said"]
                exact = all(did[key] == said.get(key, 0) for key in did)
                rows.append((entry["case"], name, _words(did), _words(said), "yes" if exact else "no"))
    return Table(
        title="ICMP: what the wire did and what was reported, of 300 packets",
        columns=("case", "prober", "the wire did", "the prober said", "exact"),
        rows=tuple(rows),
        notes=(
            "Deadline of a reply: 1 s. fping has no word for late (it says lost) and none for overtaken.",
            "Each prober met the wire by itself: how many packets fall into the second is in its own ledger.",
        ),
    )


def _words(counts: dict[str, Any]) -> str:
    return ", ".join(f"{number} {name}" for name, number in counts.items() if number) or "-"


BENCH = Bench(name="icmp-truth", summary="loss, late, doubled, overtaken: reported against a wire's ledger", run=run)
