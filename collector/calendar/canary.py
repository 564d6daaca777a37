"""The trial's site, judged: what would be measured of a site that fails, by the judgement as it is; it tells nobody.

Readings, evidence, verdict and incident have a judgement and a journal of their own: nothing real counts them.
"""

from collector.arrival import Arrival
from collector.calendar.trial import SITE
from collector.incident import Incident, Trouble
from collector.inventory.site import Inventory, Link, Site
from collector.journal.memory import MemoryJournal
from collector.judgement.evidence import LOSS, SENT
from collector.judgement.settings import JudgementSettings
from collector.pipeline import Pipeline
from collector.series.settings import SeriesSettings
from collector.series.store import SeriesStore
from shared.wire.codec import Limits, decode_batch, encode_batch
from shared.wire.reading import Batch, ClockQuality, Cycle, Lane, Outcome, Reading, Record, Sample

_SECOND_NS = 1_000_000_000
_AGENT, _HOME = "canary-agent", "canary-home"
_EVERY_NS = 8 * _SECOND_NS
_WELL_LOOKS = 10
_MOST_LOOKS = 200
"""Settings may want many lost looks: half an hour of them and no more."""


def judged_loss(now_ns: int, settings: JudgementSettings) -> Incident | None:
    """The incident that the judgement makes of a site that is well and then answers no more; None where it makes none.

    Each look goes over the wire's format. ``now_ns`` is a wall time after all of them.
    """
    inventory = Inventory((Site(id=SITE, name=SITE, links=(Link(name="main", provider="", kind="fibre"),)),))
    series, journal = SeriesStore(SeriesSettings()), MemoryJournal()
    pipeline = Pipeline(inventory, {_AGENT: _HOME}, series, journal, settings=settings, build="canary")
    for number in range(_WELL_LOOKS + _MOST_LOOKS if settings.vantage_roles else 0):
        arrival = _looked(now_ns, number, settings)
        pipeline.accept(arrival)
        picture = pipeline.evaluate(arrival.received_wall_ns, arrival.received_monotonic_ns)
        found = (one for one in picture.incidents if one.subject == SITE and one.trouble is Trouble.DOWN)
        if (incident := next(found, None)) is not None:
            return incident
    return None


def _looked(now_ns: int, number: int, settings: JudgementSettings) -> Arrival:
    """What an agent elsewhere reports: the site, and something of its own surroundings, which is well."""
    at_ns = number * _EVERY_NS
    wall_ns = now_ns - (_WELL_LOOKS + _MOST_LOOKS) * _EVERY_NS + at_ns
    seen = [(SITE, settings.vantage_roles[0], number < _WELL_LOOKS)]
    seen += [(_HOME, role, True) for role in settings.anchor_roles[-1:]]
    readings = tuple(
        Reading(
            check="canary",
            kind=settings.vantage_kind,
            site=site,
            target=f"{site}-{role}",
            role=role,
            outcome=Outcome.OK if well else Outcome.TIMEOUT,
            started_monotonic_ns=at_ns,
            started_wall_ns=wall_ns,
            duration_ns=1,
            samples=(Sample(SENT, 5.0), Sample(LOSS, 0.0 if well else 1.0)),
        )
        for site, role, well in seen
    )
    record = Record(number + 1, Cycle("canary", ClockQuality.SYNCHRONISED, readings))
    sent = Batch(_AGENT, "canary", "canary", at_ns, wall_ns, Lane.LIVE, (record,))
    batch = decode_batch(encode_batch(sent), Limits())
    return Arrival(
        agent=_AGENT, received_wall_ns=wall_ns, received_monotonic_ns=at_ns, batch=batch, fresh=batch.records
    )
