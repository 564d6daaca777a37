"""The promises and their proofs, one file a promise, found by looking in this folder; nothing here is a test double."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules


@dataclass(frozen=True, slots=True)
class Trial:
    """One run of a proof."""

    count: int
    """How many tries: kills, power cuts, mutated inputs, forged requests."""
    seed: int
    sabotage: bool = False
    """Run against a build that is broken on purpose; a proof that stays green then proves nothing."""
    tell: Callable[[str], None] = lambda _: None
    """Takes a line of progress."""
    only: tuple[str, ...] = ()
    """Parts of the proof to try, by name; all where none is named. Few proofs have such parts."""
    note: Callable[[Mapping[str, object]], None] = lambda _: None
    """Takes what was seen of one part, for the JSON."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a run of a proof saw."""

    tries: int
    broken: int
    """Tries in which the promise did not hold."""
    seen: tuple[str, ...] = ()
    """Figures beside the count, and the first few cases that were broken."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A promise with the run that could refute it."""

    name: str
    promise: str
    count: int
    """Tries of the nightly run."""
    teeth: int
    """Tries within which the build that is broken on purpose must have been seen red."""
    run: Callable[[Trial], Finding]


def load_proofs() -> dict[str, Proof]:
    """All proofs by name: the modules of this folder that hold a ``PROOF`` or a tuple ``PROOFS``."""
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    found: list[Proof] = [module.PROOF for module in modules if hasattr(module, "PROOF")]
    for module in modules:
        found.extend(getattr(module, "PROOFS", ()))
    return {proof.name: proof for proof in sorted(found, key=lambda proof: proof.name)}
