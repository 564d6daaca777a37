"""What a site's devices said last, picked from the newest readings: interfaces, power, signal; it asks no device."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from collector.series.store import Latest
from shared.wire.reading import Sample

_POWER = (
    "upsOutputSource",
    "upsBatteryStatus",
    "upsEstimatedChargeRemaining",
    "upsEstimatedMinutesRemaining",
    "phusong_ups_battery_volts",
)
_SIGNAL = (
    "phusong_optical_rx_dbm",
    "phusong_optical_tx_dbm",
    "phusong_lte_rsrp_dbm",
    "phusong_lte_rsrq_db",
    "phusong_lte_sinr_db",
)
_OPERATION = "ifOperStatus"
_STATES = {1: "up", 2: "down", 3: "testing", 4: "unknown", 5: "dormant", 6: "notPresent", 7: "lowerLayerDown"}
_MOST_ROWS = 64
_LETTERS = 80


@dataclass(frozen=True, slots=True)
class Value:
    """One value of one device."""

    device: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Devices:
    """What the page shows."""

    interfaces: tuple[Value, ...]
    power: tuple[Value, ...]
    signal: tuple[Value, ...]


def devices_of(site: str, readings: Iterable[Latest]) -> Devices:
    """The devices of one site, from the readings that still count."""
    interfaces: list[Value] = []
    power: list[Value] = []
    signal: list[Value] = []
    for latest in readings:
        if latest.reading.site != site:
            continue
        target = latest.reading.target
        for sample in latest.reading.samples:
            if sample.name == _OPERATION:
                interfaces.append(_interface(target, sample))
            elif sample.name in _POWER:
                power.append(_value(target, sample))
            elif sample.name in _SIGNAL:
                signal.append(_value(target, sample))
    return Devices(*(tuple(_few(values)) for values in (interfaces, power, signal)))


def _interface(target: str, sample: Sample) -> Value:
    labels = dict(sample.labels)
    name = labels.get("ifName") or labels.get("ifDescr") or labels.get("ifIndex", "")
    alias = labels.get("ifAlias", "")
    return Value(target, f"{name} {alias}".strip()[:_LETTERS], _STATES.get(int(sample.value), f"{sample.value:g}"))


def _value(target: str, sample: Sample) -> Value:
    words = [value for _, value in sample.labels if value]
    return Value(target, " ".join([sample.name, *words])[:_LETTERS], f"{sample.value:g}")


def _few(values: list[Value]) -> Iterator[Value]:
    yield from sorted(set(values), key=lambda value: (value.device, value.name))[:_MOST_ROWS]
