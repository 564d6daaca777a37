"""What each kind of fault does to one site, as spells of strain; the same fault always does the same."""

from collections.abc import Callable, Iterator

from lab.world.fault import LINK, Fault, Spell
from lab.world.place import MAIN, Place
from lab.world.strain import Strain

Effect = Callable[[Fault, Place], Iterator[Spell]]

_ROUTER_STARTS, _HOST_STARTS = 60.0, 90.0
_FADE_SECONDS, _FADE_DB = 1200.0, 6.0
_STEPS = 6
_WORST_LOSS, _WORST_DELAY_SECONDS = 0.4, 0.15
_FLAP_DOWN, _FLAP_UP = 75.0, 105.0
_CLOCK_SECONDS = 7 * 3600.0
"""A BIOS that keeps local time, taken for UTC."""
_SETTLING_SECONDS = 300.0
"""A maintenance window is longer than the work in it, by so much before and after."""


def _whole(strain: Strain) -> Effect:
    def effect(fault: Fault, place: Place) -> Iterator[Spell]:
        yield Spell(place.id, fault.begins, fault.ends, strain)

    return effect


def _fibre_cut(fault: Fault, place: Place) -> Iterator[Spell]:
    """One in three is a fibre that gives way slowly: less light arrives for a while before."""
    if int(fault.begins) % 3 == 0:
        yield Spell(place.id, max(0.0, fault.begins - _FADE_SECONDS), fault.begins, Strain(fade_db=_FADE_DB))
    yield Spell(place.id, fault.begins, fault.ends, Strain(line_cut=True))


def _link(fault: Fault, place: Place) -> Iterator[Spell]:
    main = fault.where.endswith(f"/{MAIN}")
    yield Spell(place.id, fault.begins, fault.ends, Strain(main_cut=main, backup_cut=not main))


def _power(fault: Fault, place: Place) -> Iterator[Spell]:
    """The battery carries router and computer for a while; when power returns both take their time to start."""
    empty = fault.begins + place.battery_seconds
    if place.battery_seconds:
        yield Spell(place.id, fault.begins, min(empty, fault.ends), Strain(on_battery=True))
    if empty < fault.ends:
        yield Spell(place.id, empty, fault.ends + _ROUTER_STARTS, Strain(dark=True))
        yield Spell(place.id, empty, fault.ends + _HOST_STARTS, Strain(host_off=True))


def _router_hang(fault: Fault, place: Place) -> Iterator[Spell]:
    """Somebody pulls its plug in the end."""
    yield Spell(place.id, fault.begins, fault.ends + _ROUTER_STARTS, Strain(router_hung=True))


def _host_off(fault: Fault, place: Place) -> Iterator[Spell]:
    yield Spell(place.id, fault.begins, fault.ends + _HOST_STARTS, Strain(host_off=True))


def _brown_out(fault: Fault, place: Place) -> Iterator[Spell]:
    """It grows in steps."""
    step = (fault.ends - fault.begins) / _STEPS
    for number in range(_STEPS):
        share = (number + 1) / _STEPS
        strain = Strain(loss=round(_WORST_LOSS * share, 3), delay_seconds=round(_WORST_DELAY_SECONDS * share, 3))
        yield Spell(place.id, fault.begins + number * step, fault.begins + (number + 1) * step, strain)


def _flapping(fault: Fault, place: Place) -> Iterator[Spell]:
    """Down too shortly to be an outage by itself, again and again."""
    at = fault.begins
    while at < fault.ends:
        yield Spell(place.id, at, min(at + _FLAP_DOWN, fault.ends), Strain(line_cut=True))
        at += _FLAP_DOWN + _FLAP_UP


def _maintenance(fault: Fault, place: Place) -> Iterator[Spell]:
    yield Spell(place.id, fault.begins, fault.ends, Strain(maintained=True))
    work = (fault.begins + _SETTLING_SECONDS, fault.ends - _SETTLING_SECONDS)
    if work[0] < work[1]:
        yield Spell(place.id, *work, Strain(hop_dead=True))


EFFECTS: dict[str, Effect] = {
    "fibre_cut": _fibre_cut,
    "power_cut": _power,
    "power_area": _power,
    "router_hang": _router_hang,
    "lan_unplugged": _whole(Strain(unplugged=True)),
    "provider_outage": _whole(Strain(core_cut=True)),
    "hub_down": _whole(Strain(hop_dead=True)),
    "province_uplink": _whole(Strain(line_cut=True)),
    "collector_restart": _whole(Strain(collector_away=True)),
    "backlog": _whole(Strain(deaf=True)),
    "agent_crash": _whole(Strain(agent_away=True)),
    "host_off": _host_off,
    "clock_jump": _whole(Strain(clock_seconds=_CLOCK_SECONDS)),
    "brown_out": _brown_out,
    "bursty_loss": _whole(Strain(burst_loss=0.25)),
    "flapping": _flapping,
    "dns_failure": _whole(Strain(no_names=True)),
    "maintenance": _maintenance,
    LINK: _link,
}
