"""What a site's devices said last, picked from the newest readings: interfaces, power, signal; it asks no device."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from collector.series.latest import Latest
from shared.wire.reading import Sample

_POWER = frozenset(
    {
        "upsOutputSource",
        "upsBatteryStatus",
        "upsEstimatedChargeRemaining",
        "upsEstimatedMinutesRemaining",
        "phusong_ups_battery_volts",
    }
)
_SIGNAL = frozenset(
    {
        "phusong_optical_rx_dbm",
        "phusong_optical_tx_dbm",
        "phusong_lte_rsrp_dbm",
        "phusong_lte_rsrq_db",
        "phusong_lte_sinr_db",
    }
)
_UNITS = {
    "upsEstimatedChargeRemaining": " %",
    "upsEstimatedMinutesRemaining": " min",
    "phusong_ups_battery_volts": " V",
    **{name: " dBm" if name.endswith("_dbm") else " dB" for name in _SIGNAL},
}
_OPERATION = "ifOperStatus"
_STATES = {1: "up", 2: "down", 3: "testing", 4: "unknown", 5: "dormant", 6: "notPresent", 7: "lowerLayerDown"}
_MOST_ROWS = 64
_LETTERS = 80


@dataclass(frozen=True, slots=True)
class Value:
    """One value of one device."""

    device: str
    name: str
    """A metric, which the words of the page translate, or an interface."""
    detail: str
    value: str
    """With its unit, or ``metric=number``, which the words of the page translate."""


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
    # By comparison, not by int(): a device may send what is no number.
    state = next((word for code, word in _STATES.items() if code == sample.value), f"{sample.value:g}")
    return Value(target, name[:_LETTERS], labels.get("ifAlias", "")[:_LETTERS], f"{_OPERATION}={state}")


def _value(target: str, sample: Sample) -> Value:
    detail = " ".join(value for _, value in sample.labels if value)[:_LETTERS]
    unit = _UNITS.get(sample.name)
    value = f"{sample.value:g}{unit}" if unit else f"{sample.name}={sample.value:g}"
    return Value(target, sample.name, detail, value)


def _few(values: list[Value]) -> Iterator[Value]:
    yield from sorted(set(values), key=lambda value: (value.device, value.name, value.detail))[:_MOST_ROWS]
