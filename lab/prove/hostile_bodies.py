"""Bombs, floods, slow clients and smuggled requests at a real collector: good agents hardly notice, memory is small."""

from collector.ingest.inbox import NEW_EPOCHS_AN_HOUR
from lab.prove import Finding, Proof, Trial, hostile_batches
from lab.prove.good_agents import GOOD, missing
from lab.prove.hostile_acts import BORNE, REFUSED, SMUGGLED, make_bombs
from lab.prove.house import House, Wishes, open_house
from lab.prove.siege import ENEMIES, Siege, Told, besiege, cores

_ABREAST, _PAUSE_SECONDS = 24, 0.05
_FLOOR_SECONDS = 0.01
"""Below this it is the machine's own noise."""
_MOST_SENT_AWAY = 0.01
_TIMED = 500
"""A shorter run says nothing of time."""
_GULLIBLE = """
import zlib, shared.wire.bounds as bounds
for name in vars(bounds):
    if name.startswith("MOST_"):
        setattr(bounds, name, 2**31)
import shared.wire.codec as codec
codec._inflate = lambda body, limits: zlib.decompress(body)
"""
"""A collector that unpacks whatever it is sent, and keeps as much of it as there is."""
_MEMORY_MEGABYTES = 400.0


def _run(trial: Trial) -> Finding:
    refused = (*REFUSED, *hostile_batches.REFUSED)
    siege = Siege((*refused, *BORNE, *hostile_batches.BORNE), refused, _ABREAST, _PAUSE_SECONDS, bombs=make_bombs())
    wishes = Wishes(_GULLIBLE if trial.sabotage else "", core=cores()[0])
    with open_house(GOOD + ENEMIES, {}, wishes) as house:
        told = besiege(house, siege, trial)
        lost = missing(house, told.attacked.sent)
        smuggled, epochs = _smuggled(house), house.most_epochs()
        highest = house.highest_megabytes()
    words = (
        f"{told.times()}",
        f"{lost} of {told.attacked.sent * GOOD:,} good cycles missing, {smuggled} smuggled, {told.taken} taken",
        f"collector at most {highest:.0f} MB, {epochs} epochs of one agent at most",
        f"answers {dict(sorted(told.answers.items()))}",
    )
    slow = trial.count >= _TIMED and (_is_slow(told) or _is_crowded(told))
    broken = (
        told.hurt + lost + smuggled + told.taken + slow + (highest > _MEMORY_MEGABYTES) + (epochs > NEW_EPOCHS_AN_HOUR)
    )
    return Finding(trial.count, broken, words)


def _is_slow(told: Told) -> bool:
    return told.attacked.quantile(0.99) > max(2 * told.quiet.quantile(0.99), _FLOOR_SECONDS)


def _is_crowded(told: Told) -> bool:
    return told.attacked.sent_away > _MOST_SENT_AWAY * len(told.attacked.seconds)


def _smuggled(house: House) -> int:
    return sum(first <= SMUGGLED <= last for ranges in house.seen().values() for first, last in ranges)


PROOF = Proof(
    "hostile-bodies",
    "bombs, floods, what swells or never ends, slow clients, smuggling: good agents' p99 under twice the quiet one",
    2_000,
    60,
    _run,
)
