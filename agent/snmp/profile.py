"""Profiles of devices as data: which objects, under which names, in which units; nothing here asks a device."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Literal

import msgspec

from agent.snmp.engine import Oid, parse_oid
from shared.wire.bounds import MOST_LABELS
from shared.wire.reading import Metric, MetricKind, Name, Words

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*$")
FALLBACK = "generic"
"""The profile of a device that no profile knows."""


class Measure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An object that becomes a series: sample = number x scale + offset."""

    oid: str
    """The instance (with its ``.0``) of a scalar; the column of a table."""
    metric: Name
    help: str
    type: Literal["gauge", "counter"] = "gauge"
    scale: float = 1.0
    offset: float = 0.0
    none: tuple[int, ...] = ()
    """Raw numbers by which the device says that it has no value."""
    enum: dict[int, str] = {}
    """What the numbers mean; goes into the help."""
    read_as: Literal["number", "text_number", "signed16", "huawei_optical_power"] = "number"
    """``text_number``: the first number in a string; ``huawei_optical_power``: microwatts above 0, else 0.01 dBm."""
    entity_scale: str | None = None
    """Column of an ENTITY-SENSOR-MIB scale (1 yocto ... 9 units ... 17 yotta)."""
    entity_precision: str | None = None
    """Column of an ENTITY-SENSOR-MIB precision (decimal places)."""

    @property
    def plain(self) -> bool:
        """Whether a number is taken as it is."""
        as_it_is = self.read_as == "number" and self.scale == 1.0 and self.offset == 0.0 and not self.none
        return as_it_is and self.entity_scale is None and self.entity_precision is None


class Label(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A label of a table's rows: from a column, or from the index where no column is named."""

    name: Name
    oid: str | None = None
    enum: dict[int, Words] = {}
    only_if_ambiguous: bool = False
    """Written only on rows whose other labels are not unique: numbers that devices deal out anew at each start."""


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rows of one index."""

    name: str
    labels: Annotated[tuple[Label, ...], msgspec.Meta(max_length=MOST_LABELS - 1)]
    """One more than these tells rows apart that are not unique by them."""
    columns: tuple[Measure, ...]


class Info(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Texts of a device as the labels of one series whose value is 1."""

    metric: Name
    help: str
    labels: Annotated[dict[Name, str], msgspec.Meta(max_length=MOST_LABELS)]
    """Label name to the instance of the text."""


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One folder of ``config/profiles``."""

    title: str
    verified: Literal["text", "device", "never"]
    """``device``: seen on a device; ``text``: read in the MIB or a maintained profile; ``never``: neither."""
    source: str = ""
    """Where the objects were read."""
    matches: tuple[str, ...] = ()
    """Prefixes of sysObjectID; the longest of all profiles wins."""
    extends: tuple[str, ...] = ()
    """Other profiles that are taken in; they may not extend further."""
    infos: tuple[Info, ...] = ()
    scalars: tuple[Measure, ...] = ()
    tables: tuple[Table, ...] = ()


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of one device: a profile with the fragments it extends."""

    names: tuple[str, ...]
    infos: tuple[Info, ...]
    scalars: tuple[Measure, ...]
    tables: tuple[Table, ...]

    def instances(self) -> tuple[Oid, ...]:
        """What a GET asks for, each once."""
        texts = [oid for info in self.infos for oid in info.labels.values()]
        return _unique([*texts, *(scalar.oid for scalar in self.scalars)])


def plan(shelf: Mapping[str, Profile], names: Iterable[str]) -> Plan:
    """Put profiles and what they extend together; a metric that stands twice is taken from the profile named first."""
    order: list[str] = []
    for name in names:
        order += [name, *shelf[name].extends]
    order = list(dict.fromkeys(order))
    seen: set[str] = set()
    infos: list[Info] = []
    scalars: list[Measure] = []
    tables: list[Table] = []
    for name in order:
        profile = shelf[name]
        infos += [info for info in profile.infos if info.metric not in seen]
        scalars += [scalar for scalar in profile.scalars if scalar.metric not in seen]
        for table in profile.tables:
            kept = tuple(column for column in table.columns if column.metric not in seen)
            if kept:
                tables.append(msgspec.structs.replace(table, columns=kept))
        seen.update(metric.name for metric in metrics_of(profile))
    return Plan(names=tuple(order), infos=tuple(infos), scalars=tuple(scalars), tables=tuple(tables))


def choose(shelf: Mapping[str, Profile], sys_object_id: Oid) -> str:
    """The profile with the longest matching prefix; :data:`FALLBACK` where none matches."""
    found, longest = FALLBACK, 0
    for name, profile in shelf.items():
        for text in profile.matches:
            prefix = parse_oid(text)
            if len(prefix) > longest and sys_object_id[: len(prefix)] == prefix:
                found, longest = name, len(prefix)
    return found


def columns_of(table: Table) -> tuple[Oid, ...]:
    """What is walked for a table, each column once, what is measured first."""
    found = [column.oid for column in table.columns]
    found += [label.oid for label in table.labels if label.oid is not None]
    scaling = [oid for column in table.columns for oid in (column.entity_scale, column.entity_precision)]
    return _unique([*found, *(oid for oid in scaling if oid is not None)])


def metrics_of(profile: Profile) -> Iterator[Metric]:
    """Every series a profile may give, without those it takes in."""
    for info in profile.infos:
        yield Metric(info.metric, MetricKind.GAUGE, info.help)
    measures = [*profile.scalars, *(column for table in profile.tables for column in table.columns)]
    for measure in measures:
        meaning = ", ".join(f"{number} {word}" for number, word in measure.enum.items())
        text = f"{measure.help} ({meaning})" if meaning else measure.help
        yield Metric(measure.metric, MetricKind(measure.type), text)


def profile_problems(profile: Profile) -> Iterator[tuple[str, str]]:
    """What types cannot say about a profile, as (place, what)."""
    for number, text in enumerate(profile.matches):
        yield from _oid_problems(f"$.matches[{number}]", text)
    for number, info in enumerate(profile.infos):
        yield from _name_problems(f"$.infos[{number}].metric", info.metric)
        for label, oid in info.labels.items():
            yield from _name_problems(f"$.infos[{number}].labels", label)
            yield from _oid_problems(f"$.infos[{number}].labels.{label}", oid)
    for number, scalar in enumerate(profile.scalars):
        yield from _measure_problems(f"$.scalars[{number}]", scalar)
    for number, table in enumerate(profile.tables):
        place = f"$.tables[{number}]"
        if not table.columns:
            yield f"{place}.columns", "a table without columns says nothing"
        for place_of, column in enumerate(table.columns):
            yield from _measure_problems(f"{place}.columns[{place_of}]", column)
        for place_of, row_label in enumerate(table.labels):
            yield from _name_problems(f"{place}.labels[{place_of}].name", row_label.name)
            if row_label.oid is not None:
                yield from _oid_problems(f"{place}.labels[{place_of}].oid", row_label.oid)


def _measure_problems(place: str, measure: Measure) -> Iterator[tuple[str, str]]:
    yield from _name_problems(f"{place}.metric", measure.metric)
    for key in ("oid", "entity_scale", "entity_precision"):
        text = getattr(measure, key)
        if text is not None:
            yield from _oid_problems(f"{place}.{key}", text)


def _oid_problems(place: str, text: str) -> Iterator[tuple[str, str]]:
    try:
        parse_oid(text)
    except ValueError as error:
        yield place, str(error)


def _name_problems(place: str, name: str) -> Iterator[tuple[str, str]]:
    if not _NAME.match(name):
        yield place, f"{name!r} cannot be the name of a series or label"


def _unique(texts: Iterable[str]) -> tuple[Oid, ...]:
    return tuple(dict.fromkeys(parse_oid(text) for text in texts))
