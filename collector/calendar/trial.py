"""When the daily trial of the way of alerts is due, and the synthetic site that fails in it; it tells nobody."""

from datetime import datetime, time, tzinfo

from collector.calendar.due import is_due
from collector.incident import Cause, Confidence, Incident, Scope, Trouble

_SECOND_NS = 1_000_000_000
_LATE_NS = 6 * 3600 * _SECOND_NS
LASTS_NS = 120 * _SECOND_NS
SITE = "canary"


def trial_due(now_ns: int, last_ns: int | None, at: time, zone: tzinfo) -> bool:
    """Whether a trial begins now: the day's hour has come, and none has begun since; up to six hours late.

    From what is stored alone, so that neither a restart nor a step of the clock skips a trial or doubles it.
    """
    return is_due(now_ns, last_ns, at, zone, _LATE_NS)


def trial_number(now_ns: int, zone: tzinfo) -> int:
    """Negative, so that no incident has it: the minute of its begin."""
    return -int(datetime.fromtimestamp(now_ns // _SECOND_NS, zone).strftime("%Y%m%d%H%M"))


def trial_incident(number: int, began_ns: int, ended_ns: int | None) -> Incident:
    """The incident that the judgement would make of a site that nobody can reach."""
    return Incident(
        number=number,
        version=1 if ended_ns is None else 2,
        at_ns=began_ns if ended_ns is None else ended_ns,
        scope=Scope.SITE,
        subject=SITE,
        trouble=Trouble.DOWN,
        cause=Cause.UNKNOWN,
        confidence=Confidence.FINAL,
        began_ns=began_ns,
        known_ns=began_ns,
        ended_ns=ended_ns,
        sites=(SITE,),
        still=(SITE,) if ended_ns is None else (),
    )
