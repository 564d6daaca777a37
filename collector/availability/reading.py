"""What a report needs of the journal; it decides nothing."""

from dataclasses import replace

from collector.availability.period import Period
from collector.availability.report import History
from collector.journal.journal import Journal
from collector.judgement.watch import NOTE_NS, PAUSE_NS

_MOST_INCIDENTS = 1_000_000


def read_history(journal: Journal, period: Period) -> History:
    """Changes, watches and incidents of a period; raises sqlite3.Error where the journal cannot be read.

    One that still runs ends with what the running watch has noted, not with the minute that it has not noted yet.
    """
    watched = tuple(journal.watched(period.from_ns, period.until_ns))
    if not period.finished and watched and period.until_ns - watched[-1][1] <= NOTE_NS + PAUSE_NS:
        period = replace(period, until_ns=watched[-1][1])
    found = journal.incidents(period.from_ns, _MOST_INCIDENTS)
    return History(
        period=period,
        turns=journal.turns(period.from_ns, period.until_ns),
        watched=watched,
        incidents=tuple(incident for incident in found if incident.began_ns < period.until_ns),
    )
