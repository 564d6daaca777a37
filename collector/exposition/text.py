"""Prometheus' text format 0.0.4, written and nothing else: families contiguous, no time stamps, every label escaped."""

from collections.abc import Iterable

from shared.wire.reading import Labels, Metric

Row = tuple[str, str, float]
"""Name of the sample, its label block as :func:`block` gives it, its value."""


def block(labels: Iterable[tuple[str, str]]) -> str:
    """``{a="1",b="2"}``, empty for no labels; empty values are left out, as Prometheus would."""
    inside = ",".join(f'{name}="{escape(value)}"' for name, value in labels if value)
    return f"{{{inside}}}" if inside else ""


def escape(value: str) -> str:
    """A label value as the format wants it; lone surrogates become replacement characters."""
    if value.isalnum() and value.isascii():
        return value
    value = value.encode("utf-8", "replace").decode("utf-8")
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def number(value: float) -> str:
    """A value: whole numbers without a fraction, the rest with all its digits."""
    if value != value:  # noqa: PLR0124 - the only number that differs from itself
        return "NaN"
    if value in {float("inf"), float("-inf")}:
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def head(metric: Metric) -> str:
    """What stands before the rows of a family."""
    help_text = metric.help.replace("\\", "\\\\").replace("\n", "\\n")
    return f"# HELP {metric.name} {help_text}\n# TYPE {metric.name} {metric.kind.value}\n"


def line(name: str, labels: str, value: float) -> str:
    """One sample; ``labels`` as :func:`block` gives them."""
    return f"{name}{labels} {number(value)}\n"


def merge(ours: Labels, theirs: Labels) -> Labels:
    """Our labels before the probe's own; a name of ours that a probe uses too becomes ``exported_`` on theirs."""
    taken = {name for name, _ in ours}
    return (*ours, *((f"exported_{name}" if name in taken else name, value) for name, value in theirs))
