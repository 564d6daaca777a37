"""Which version of an incident is told, and when: at once, later, never, again; it tells nobody and reads no clock."""

import msgspec

from collector.incident import Cause, Incident, Scope, Trouble
from collector.notify.message import Audience, Kind, Urgency
from collector.notify.told import Told, is_another, not_ahead

_SECOND_NS = 1_000_000_000
_MINUTE_NS = 60 * _SECOND_NS
_STILL_OWED = frozenset({"maintenance", "past"})
"""Whoever was told before that was known hears nothing but the end; of a fold they hear by the other incident."""
_LOST = frozenset({Trouble.DOWN, Trouble.FLAPPING})
"""Whoever hangs on a line that flaps is as badly served: it wakes whom its loss would wake, once."""
_SHARED = frozenset({Scope.HUB, Scope.PROVIDER, Scope.POWER_AREA})


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How patient people are."""

    hold_seconds: float = 15.0
    """A fault is held so long, so that a mass event is told as one."""
    settle_seconds: float = 60.0
    """An end is told once it has lasted so long: what comes back before is told as nothing."""
    calm_seconds: float = 600.0
    """The same of what came back after its end was told, or flaps: as long as a return is the same fault."""
    past_seconds: float = 600.0
    """What was shorter, and over before anybody could be told, is not told."""
    past_hours: float = 24.0
    """Nor what has been over for longer."""
    update_seconds: float = 300.0
    """Least time between two messages of one incident; its end does not wait."""
    grown: float = 2.0
    """So many times the sites that were told are worth an update."""
    escalate_minutes: float = 15.0
    """Until the next level is told of what nobody acknowledged."""
    repeat_minutes: float = 60.0
    """After the last level, everybody is told again and again; 0: not."""
    important: tuple[str, ...] = ()
    """Sites whose loss wakes somebody; loss of a hub, of a provider or of our own side always does."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What to do with an incident now."""

    kind: Kind | None = None
    """Nothing is told where it is None."""
    wait_ns: int | None = None
    """When to ask again; None where only a new version can change it."""
    why: str = ""


def urgency_of(incident: Incident, rules: Rules) -> Urgency:
    """How bad it is to be late with it."""
    # Sites of which only the reports do not arrive are seen otherwise.
    if incident.number < 0 or (incident.scope is Scope.PROVINCE and incident.trouble is not Trouble.UNREPORTED):
        return Urgency.CRITICAL
    important = any(site in rules.important for site in incident.sites)
    if incident.scope is Scope.AGENT or (incident.trouble is Trouble.SILENT and incident.scope not in _SHARED):
        return Urgency.WARNING if important else Urgency.INFO
    if incident.trouble not in _LOST:
        return Urgency.WARNING
    if important:
        return Urgency.CRITICAL
    # Nobody can be called out against failed mains: it is known in the morning, where no important site hangs on it.
    powerless = incident.cause is Cause.POWER or incident.scope is Scope.POWER_AREA
    return Urgency.CRITICAL if incident.scope in _SHARED and not powerless else Urgency.WARNING


def decide(  # noqa: PLR0911, PLR0913 - everything that a decision hangs on
    incident: Incident,
    told: Told | None,
    now_ns: int,
    rules: Rules,
    *,
    audience: Audience = Audience.PEOPLE,
    quiet_until_ns: int | None = None,
    heir: bool = False,
    levels: int = 1,
) -> Decision:
    """What an audience is told of the newest version of an incident.

    ``heir``: another incident that was told has been folded into this one. ``levels``: of the roster.
    """
    urgency = max(urgency_of(incident, rules), told.urgency if told and not told.is_over else Urgency.INFO)
    quiet_ns = None if urgency is Urgency.CRITICAL or audience is Audience.STANDING else quiet_until_ns
    if told is None or told.is_over:
        return _begin(
            incident, told, now_ns, rules, audience, quiet_ns, heir=heir, urgency=urgency, hush=quiet_until_ns
        )
    told = not_ahead(told, now_ns, now_ns - int(rules.update_seconds * _SECOND_NS))
    if incident.silent_because and (audience is Audience.STANDING or incident.silent_because not in _STILL_OWED):
        return Decision(kind=Kind.WITHDRAWN, why=incident.silent_because)
    if not incident.is_open:
        ended_ns = incident.ended_ns or 0
        settled_ns = ended_ns + int(_settle_seconds(incident, told, rules) * _SECOND_NS)
        if ended_ns <= now_ns < settled_ns:
            return Decision(wait_ns=settled_ns, why="may come back")
        return Decision(kind=Kind.RESOLVED) if quiet_ns is None else Decision(wait_ns=quiet_ns, why="quiet hours")
    if audience is Audience.STANDING:
        return Decision(kind=Kind.UPDATE) if incident.version > told.incident.version else Decision()
    if incident.silent_because:
        return Decision(why=incident.silent_because)
    return _go_on(incident, told, now_ns, rules, quiet_ns, urgency=urgency, levels=levels)


def _settle_seconds(incident: Incident, told: Told, rules: Rules) -> float:
    """How long an end must last before it is told: ends that did not hold are believed later."""
    came_back = told.returns > 0 or incident.trouble is Trouble.FLAPPING
    return max(rules.calm_seconds, rules.settle_seconds) if came_back else rules.settle_seconds


def _begin(  # noqa: PLR0911, PLR0913, PLR0917 - the parts of one decision
    incident: Incident,
    told: Told | None,
    now_ns: int,
    rules: Rules,
    audience: Audience,
    quiet_ns: int | None,
    *,
    heir: bool,
    urgency: Urgency,
    hush: int | None,
) -> Decision:
    """Nobody knows of it yet, or was told that it is over."""
    if incident.silent_because:
        return Decision(why=incident.silent_because)
    another = told is not None and is_another(incident, told)
    if told is not None and not another and (told.incident.version >= incident.version or not incident.is_open):
        return Decision(why="told to its end")
    if audience is Audience.STANDING:
        return Decision(kind=Kind.NEW) if incident.is_open else Decision(why="over")
    if urgency is Urgency.INFO:
        return Decision(why="only to be seen")
    if not incident.is_open:
        return _tell_past(incident, now_ns, rules, hush, heir=heir)
    due_ns = incident.known_ns + int(rules.hold_seconds * _SECOND_NS)
    if told is not None and told.returns and not another and urgency <= told.urgency:
        due_ns = max(due_ns, told.last_ns + int(rules.update_seconds * _SECOND_NS))
    if now_ns < due_ns and not heir:
        return Decision(wait_ns=due_ns, why="held")
    if quiet_ns is not None:
        return Decision(wait_ns=quiet_ns, why="quiet hours")
    return Decision(kind=Kind.UPDATE if heir else Kind.NEW)


def _tell_past(incident: Incident, now_ns: int, rules: Rules, hush: int | None, *, heir: bool) -> Decision:
    ended_ns = incident.ended_ns or now_ns
    if not heir and ended_ns - incident.began_ns < rules.past_seconds * _SECOND_NS:
        return Decision(why="short and over")
    if now_ns - ended_ns > rules.past_hours * 60 * _MINUTE_NS:
        return Decision(why="long over")
    if hush is not None:
        return Decision(wait_ns=hush, why="quiet hours")
    return Decision(kind=Kind.RESOLVED if heir else Kind.PAST)


def _go_on(  # noqa: PLR0913 - as above
    incident: Incident, told: Told, now_ns: int, rules: Rules, quiet_ns: int | None, *, urgency: Urgency, levels: int
) -> Decision:
    """It lasts, and people know."""
    waits = [] if quiet_ns is None else [quiet_ns]
    if worth_an_update(told, incident, urgency, rules):
        due_ns = told.last_ns + int(rules.update_seconds * _SECOND_NS)
        if quiet_ns is None and (now_ns >= due_ns or urgency > told.urgency):
            return Decision(kind=Kind.UPDATE)
        waits.append(due_ns)
    ring_ns = _rings(told, rules, levels) if urgency is Urgency.CRITICAL and incident.number > 0 else None
    if ring_ns is not None and now_ns >= ring_ns:
        return Decision(kind=Kind.ESCALATED)
    ahead = [each for each in (*waits, ring_ns) if each is not None and each > now_ns]
    return Decision(wait_ns=min(ahead, default=None))


def worth_an_update(told: Told, incident: Incident, urgency: Urgency, rules: Rules) -> bool:
    """Whether those who know would act otherwise, if they knew this."""
    before = told.incident
    return (
        (incident.cause, incident.scope, incident.subject) != (before.cause, before.scope, before.subject)
        or (incident.trouble is not before.trouble and before.trouble is not Trouble.FLAPPING)
        or urgency > told.urgency
        or len(incident.sites) >= rules.grown * max(1, len(before.sites))
    )


def _rings(told: Told, rules: Rules, levels: int) -> int | None:
    """When it goes to the next level, or is repeated on the last one."""
    if told.acknowledged_ns is not None:
        return None
    minutes = rules.escalate_minutes if told.level < levels - 1 else rules.repeat_minutes
    return told.level_ns + int(minutes * _MINUTE_NS) if minutes > 0 else None
