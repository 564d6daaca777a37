"""From a device's values to samples, as a plan says; what a device leaves out is left out, never invented."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain, repeat

from agent.snmp.engine import Kind, Oid, Value, dotted, parse_oid
from agent.snmp.profile import Label, Measure, Plan
from shared.wire.reading import Labels, Sample

Columns = Mapping[Oid, Mapping[Oid, Value]]
"""Walked columns: index below the column to value."""
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
_LONGEST_LABEL = 256
_INDEX = "snmp_index"


def render(plan: Plan, instances: Mapping[Oid, Value], columns: Columns) -> list[Sample]:
    """All samples that these values give."""
    found: list[Sample] = []
    for info in plan.infos:
        texts = ((name, _text(instances.get(parse_oid(oid)))) for name, oid in info.labels.items())
        labels = tuple((name, text) for name, text in texts if text)
        if labels:
            found.append(Sample(info.metric, 1.0, labels))
    for scalar in plan.scalars:
        number = _number(scalar, instances.get(parse_oid(scalar.oid)))
        if number is not None:
            found.append(Sample(scalar.metric, number))
    for table in plan.tables:
        measured = [(measure, columns.get(parse_oid(measure.oid), {})) for measure in table.columns]
        labels_of = _row_labels(table.labels, list(dict.fromkeys(chain(*(rows for _, rows in measured)))), columns)
        for measure, rows in measured:
            found += _plain(measure, rows, labels_of) if measure.plain else _scaled(measure, rows, labels_of, columns)
    return found


def _plain(measure: Measure, rows: Mapping[Oid, Value], labels_of: Mapping[Oid, Labels]) -> list[Sample]:
    """What is most of all that is measured, and must cost least: numbers that are taken as they are."""
    name = measure.metric
    return [
        Sample(name, float(content), labels_of[index])
        for index, value in rows.items()
        if isinstance(content := value.content, int)
    ]


def _scaled(
    measure: Measure, rows: Mapping[Oid, Value], labels_of: Mapping[Oid, Labels], columns: Columns
) -> Iterator[Sample]:
    scales = columns.get(parse_oid(measure.entity_scale), {}) if measure.entity_scale else {}
    precisions = columns.get(parse_oid(measure.entity_precision), {}) if measure.entity_precision else {}
    for index, value in rows.items():
        number = _number(measure, value)
        if number is not None:
            if scales or precisions:
                number *= _entity_factor(scales.get(index), precisions.get(index))
            yield Sample(measure.metric, number, labels_of[index])


def _row_labels(labels: tuple[Label, ...], indexes: list[Oid], columns: Columns) -> dict[Oid, Labels]:
    """The labels of each row, unique among the rows; all its samples share the one tuple."""
    texts = [_label_texts(label, indexes, columns) for label in labels]
    sure = [texts_of for label, texts_of in zip(labels, texts, strict=True) if not label.only_if_ambiguous]
    found = dict(zip(indexes, _pairs(sure, len(indexes)), strict=True))
    if len(set(found.values())) == len(found):
        return found
    seen = Counter(found.values())
    every = zip(indexes, _pairs(texts, len(indexes)), strict=True)
    found = {index: found[index] if seen[found[index]] == 1 else pairs for index, pairs in every}
    # Two series of one name would void the whole page: what is still not unique is told apart by its index.
    seen = Counter(found.values())
    return {index: pairs if seen[pairs] == 1 else (*pairs, (_INDEX, dotted(index))) for index, pairs in found.items()}


def _label_texts(label: Label, indexes: list[Oid], columns: Columns) -> list[tuple[str, str]]:
    """One pair of name and text for each row."""
    name = label.name
    if not label.oid:
        return [(name, dotted(index)) for index in indexes]
    column = columns.get(parse_oid(label.oid), {})
    return [(name, _label_text(label, column.get(index))) for index in indexes]


def _pairs(texts: list[list[tuple[str, str]]], rows: int) -> Iterator[Labels]:
    """Row by row what the labels say; one without a text is left out."""
    if not texts:
        return repeat((), rows)
    return (row if all(text for _, text in row) else tuple(p for p in row if p[1]) for row in zip(*texts, strict=True))


def _label_text(label: Label, value: Value | None) -> str:
    if value is not None and label.enum and isinstance(value.content, int):
        return label.enum.get(value.content, str(value.content))
    return _text(value)


def _text(value: Value | None) -> str:
    """A value as a label: UTF-8 where it is, else hexadecimal; control characters and ends of strings are left out."""
    if value is None or value.content is None:
        return ""
    if value.kind is Kind.IP_ADDRESS and isinstance(value.content, bytes):
        return ".".join(map(str, value.content))
    if isinstance(value.content, bytes):
        try:
            text = value.content.rstrip(b"\0").decode("utf-8")
        except UnicodeDecodeError:
            return "0x" + value.content[: _LONGEST_LABEL // 2 - 1].hex()
        return "".join(char if char.isprintable() else " " for char in text).strip()[:_LONGEST_LABEL]
    return dotted(value.content) if isinstance(value.content, tuple) else str(value.content)


def _number(measure: Measure, value: Value | None) -> float | None:
    if value is None:
        return None
    if measure.read_as == "text_number":
        match = _NUMBER.search(_text(value))
        raw: float | None = float(match[0]) if match else None
    else:
        raw = value.content if isinstance(value.content, int) else None
    if raw is None or raw in measure.none:
        return None
    if measure.read_as == "signed16":
        raw = raw - 0x10000 if raw > 0x7FFF else raw
    elif measure.read_as == "huawei_optical_power":
        raw = 10 * math.log10(raw / 1000) if raw > 0 else raw / 100
    number = raw * measure.scale + measure.offset
    # Tenths have no exact double: 23.1 is what the device means, not 23.1 + 4e-15.
    return float(number) if measure.scale == 1.0 else float(f"{number:.15g}")


def _entity_factor(scale: Value | None, precision: Value | None) -> float:
    """RFC 3433: units are 10^(3 x (scale - 9)), the number has ``precision`` decimal places."""
    exponent = 0
    if scale is not None and isinstance(scale.content, int) and 1 <= scale.content <= 17:
        exponent += 3 * (scale.content - 9)
    if precision is not None and isinstance(precision.content, int) and -8 <= precision.content <= 9:
        exponent -= precision.content
    return float(10.0**exponent)
