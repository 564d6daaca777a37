"""Figures beside peers, one file a table, found by looking in this folder; nothing here judges or asserts."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules


@dataclass(frozen=True, slots=True)
class Table:
    """What a bench found: cells are text, units stand in the column heads."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bench:
    """One comparison; ``run`` takes its progress callback and returns the table."""

    name: str
    summary: str
    run: Callable[[Callable[[str], None]], Table]


def load_benches() -> dict[str, Bench]:
    """All benches by name: the modules of this folder that end in ``BENCH = Bench(...)``."""
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    benches: list[Bench] = [module.BENCH for module in modules if hasattr(module, "BENCH")]
    return {bench.name: bench for bench in benches}
