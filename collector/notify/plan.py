"""One look at all incidents: which notes are stored now for an audience, and when to look again; it stores nothing."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import msgspec

from collector.incident import Incident
from collector.notify.message import Audience, Kind, Note, Urgency
from collector.notify.policy import Rules, decide, urgency_of
from collector.notify.told import Told, after

_NONE: Mapping[int, int] = MappingProxyType({})


@dataclass(frozen=True)
class Step:
    """A note for an audience, and what the audience knows with it: both are stored, or neither."""

    audience: Audience
    note: Note
    told: Told


@dataclass(frozen=True)
class Plan:
    """What to store, and when something changes without a new version; None where nothing does."""

    steps: tuple[Step, ...]
    wake_ns: int | None


def plan(  # noqa: PLR0913 - all that one look hangs on
    incidents: Iterable[Incident],
    book: Mapping[int, Told],
    now_ns: int,
    rules: Rules,
    *,
    audience: Audience,
    quiet_until_ns: int | None = None,
    levels: int = 1,
    on_duty: Callable[[int], tuple[str, ...]] = lambda _: (),
    taken: Mapping[int, int] = _NONE,
) -> Plan:
    """``incidents``: newest versions; ``book``: what the audience knows, by number; ``on_duty``: whom, by level.

    ``taken``: when somebody took up what nobody had been told of yet, by number.
    """
    current = {incident.number: incident for incident in incidents}
    heirs = _threads(current.values(), book)
    steps, wakes = [], []
    for number, incident in current.items():
        told, heir = book.get(number), heirs.get(number)
        decision = decide(
            incident,
            told,
            now_ns,
            rules,
            audience=audience,
            quiet_until_ns=quiet_until_ns,
            heir=heir is not None,
            levels=levels,
        )
        if decision.wait_ns is not None:
            wakes.append(decision.wait_ns)
        if decision.kind is not None:
            note = _note(decision.kind, incident, told, heir, now_ns, rules, levels)
            note = msgspec.structs.replace(note, people=on_duty(note.level) if audience is Audience.PEOPLE else ())
            steps.append(Step(audience, note, after(told, note, now_ns, taken.get(number))))
    return Plan(tuple(steps), min(wakes, default=None))


def _threads(incidents: Iterable[Incident], book: Mapping[int, Told]) -> dict[int, Told]:
    """Folds into which something went that was told and whose end was not: with what was told."""
    heirs: dict[int, Told] = {}
    for incident in incidents:
        told = book.get(incident.number)
        if incident.folded_into is not None and told is not None and told.kind not in {Kind.RESOLVED, Kind.PAST}:
            heirs.setdefault(incident.folded_into, told)
    return heirs


def _note(  # noqa: PLR0913, PLR0917 - as above
    kind: Kind, incident: Incident, told: Told | None, heir: Told | None, now_ns: int, rules: Rules, levels: int
) -> Note:
    lasting = told if told is not None and not told.is_over else None
    level = lasting.level if lasting else 0
    if kind is Kind.ESCALATED:
        level = min(level + 1, levels - 1)
    known = lasting or heir
    urgency = urgency_of(incident, rules)
    return Note(
        kind=kind,
        urgency=max(urgency, lasting.urgency) if lasting else urgency,
        incident=incident,
        created_ns=now_ns,
        thread=known.thread if known else incident.number,
        before=known.incident if known else None,
        before_urgency=known.urgency if known else Urgency.INFO,
        level=level,
    )
