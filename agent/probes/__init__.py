"""One file a kind of probe, found by looking in this folder; no probe knows of another."""

from importlib import import_module
from pkgutil import iter_modules

from agent.probe import Probe


def load_probes() -> dict[str, Probe]:
    """All probes of this installation by kind."""
    names = sorted(module.name for module in iter_modules(__path__))
    probes: list[Probe] = [import_module(f"{__name__}.{name}").PROBE for name in names]
    return {probe.kind: probe for probe in probes}
