"""Command-line options of a probe from the fields of its check: a new probe brings its options with it."""

import argparse
import types
import typing
from collections.abc import Mapping
from typing import Any

import msgspec

from agent.probe import Check, Probe

_NOT_BY_HAND = frozenset({"name", "every_seconds", "roles", "credentials", "after"})
_NO_NEXT_RUN_SECONDS = 86_400.0
_UNITS = ("_seconds", "_bytes")


def option_name(field: str) -> str:
    """``timeout_seconds`` is ``--timeout``, ``size_bytes`` is ``--size``, a list ``profiles`` is ``--profiles``."""
    for unit in _UNITS:
        field = field.removesuffix(unit)
    return field.replace("_", "-")


def add_options(parser: argparse.ArgumentParser, probe: Probe) -> None:
    """Add an option for each field of the probe's check, and those that it offers by hand besides."""
    for field in _fields(probe.check):
        _add_field(parser, field, typing.get_type_hints(probe.check)[field.name])
    if probe.by_hand is not None:
        for name, text in probe.by_hand.options.items():
            parser.add_argument(f"--{name}", dest=f"hand_{name.replace('-', '_')}", metavar="WORD", help=text)


def option_names(probe: Probe) -> tuple[str, ...]:
    """All options of the probe as they are typed, for a list."""
    own = probe.by_hand.options if probe.by_hand is not None else {}
    return tuple(f"--{name}" for name in (*(option_name(field.name) for field in _fields(probe.check)), *own))


def check_from(given: argparse.Namespace, probe: Probe) -> Check:
    """The check that the options describe; raises :class:`msgspec.ValidationError` where a value is wrong."""
    named = vars(given)
    content = {f.name: named[f.name] for f in _fields(probe.check) if named.get(f.name) is not None}
    content["kind"] = probe.kind
    content["every_seconds"] = _NO_NEXT_RUN_SECONDS
    if probe.by_hand is not None and "credentials" in {f.name for f in msgspec.structs.fields(probe.check)}:
        content["credentials"] = "by hand"
    return msgspec.convert(content, probe.check, strict=False)


def by_hand(given: argparse.Namespace, probe: Probe) -> Mapping[str, str | None]:
    """The probe's own extra options as they were given."""
    names = probe.by_hand.options if probe.by_hand is not None else {}
    return {name: getattr(given, f"hand_{name.replace('-', '_')}") for name in names}


def _fields(check: type[Check]) -> list[msgspec.structs.FieldInfo]:
    return [field for field in msgspec.structs.fields(check) if field.name not in _NOT_BY_HAND]


def _add_field(parser: argparse.ArgumentParser, field: msgspec.structs.FieldInfo, kind: Any) -> None:
    kind = _without_none(kind)
    flag = f"--{option_name(field.name)}"
    default = "" if field.default in {None, ()} or field.default is msgspec.NODEFAULT else f" ({field.default})"
    if kind is bool:
        action = argparse.BooleanOptionalAction
        parser.add_argument(flag, dest=field.name, action=action, default=None, help=f"yes or no{default}")
    elif typing.get_origin(kind) is tuple:
        singular = flag if flag.endswith("us") else flag.removesuffix("s")
        parser.add_argument(
            *dict.fromkeys((singular, flag)), dest=field.name, action="append", metavar="X", help="may be given again"
        )
    elif typing.get_origin(kind) is typing.Literal:
        parser.add_argument(flag, dest=field.name, choices=typing.get_args(kind), help=f"one of these{default}")
    else:
        unit = {"_seconds": "S", "_bytes": "B"}.get("_" + field.name.rpartition("_")[2], "X")
        parser.add_argument(flag, dest=field.name, type=kind, metavar=unit, help=f"{_words(field.name)}{default}")


def _without_none(kind: Any) -> Any:
    if typing.get_origin(kind) in {typing.Union, types.UnionType}:
        return next(part for part in typing.get_args(kind) if part is not type(None))
    return kind


def _words(field: str) -> str:
    return field.replace("_", " ")
