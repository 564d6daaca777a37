"""The standing of each site as a whole, judged anew where something can have changed; it knows no incidents."""

from collections.abc import Callable, Mapping

from collector.inventory.site import Site
from collector.judgement.appearance import look_of
from collector.judgement.evidence import Evidence, all_good
from collector.judgement.judge import Facts, Standing, is_since, judge, same_evidence
from collector.judgement.outlook import Outlook
from collector.judgement.quiet import Quiet
from collector.judgement.scene import Look
from collector.judgement.settings import JudgementSettings
from collector.picture import Verdict
from collector.series.store import SeriesStore

_SECOND_NS = 1_000_000_000

Maintained = Callable[[Site, int], int | None]
"""Until when, in wall nanoseconds, somebody works at a site at a time; None where nobody does."""


def never(_site: Site, _now_ns: int) -> int | None:
    """Nobody works anywhere."""
    return None


class Standings:
    """Say :meth:`stir` when somebody looked at a site, :meth:`judge` each, then :meth:`written`."""

    def __init__(
        self, series: SeriesStore, outlook: Outlook, quiet: Quiet, maintained: Maintained, settings: JudgementSettings
    ) -> None:
        self._series = series
        self._outlook = outlook
        self._quiet = quiet
        self._maintained = maintained
        self._settings = settings
        self._written: Mapping[str, Standing] = {}
        self._worked_at: dict[str, int] = {}
        self._judged: dict[str, tuple[Facts, Standing]] = {}
        self._looked: dict[str, tuple[Standing, Look]] = {}
        self._still: dict[str, int] = {}
        """By site that is well: until when, monotonic, nothing but a look or work there can change what is held."""

    def verdicts(self) -> dict[str, Verdict]:
        """As they were written last."""
        return {site: standing.verdict for site, standing in self._written.items()}

    def written(self, standings: Mapping[str, Standing]) -> None:
        """The journal has these."""
        self._written = standings

    def stir(self, site: str) -> None:
        """Somebody who stands elsewhere told of the site."""
        self._still.pop(site, None)

    def judge(self, site: Site, now_wall_ns: int, now_monotonic_ns: int) -> tuple[Facts, Standing, Look]:
        """What is known of a site now, what is held of it and what it looks like."""
        until_ns = self._maintained(site, now_wall_ns)
        still_ns = self._still.get(site.id)
        if still_ns is not None and now_monotonic_ns <= still_ns and until_ns is None:
            standing, look = self._looked[site.id]
            if standing is self._written.get(site.id):
                return self._judged[site.id][0], standing, look
        links, well_ns = self._outlook.evidence(site.id, self._series.counts_until, now_monotonic_ns)
        if until_ns is not None or (site.id in self._worked_at and not links):
            self._worked_at[site.id] = now_wall_ns
        facts = self._facts(site.id, links, until_ns, now_monotonic_ns)
        standing = self._judge(site.id, facts, now_wall_ns)
        worked = self._worked_lately(site.id, now_wall_ns)
        look = self._look(site.id, standing, facts, maintenance=worked)
        if worked or not links:
            self._still.pop(site.id, None)
        else:
            self._still[site.id] = well_ns
        return facts, standing, look

    def _facts(self, site: str, links: tuple[Evidence, ...], until_ns: int | None, now_monotonic_ns: int) -> Facts:
        if links and not self._outlook.has_several(site) and all_good(links):
            return Facts(links, maintenance_until_ns=until_ns)  # It is reached: nobody asks who reports from inside.
        before = self._written.get(site)
        for name in self._quiet.agents(site):
            # What an agent sent before its site was lost does not show that it is back.
            if self._series.is_heard(name, now_monotonic_ns) and is_since(before, self._quiet.heard_ns(name)):
                return Facts(links, name, self._quiet.heard_ns(name), until_ns)
        return Facts(links, maintenance_until_ns=until_ns)

    def _judge(self, site: str, facts: Facts, now_wall_ns: int) -> Standing:
        """The same facts judged again give the same."""
        known, before = self._judged.get(site), self._written.get(site)
        if known is not None and before is known[1] and facts.links and same_evidence(known[0], facts):
            return known[1]
        after = judge(before, facts, now_wall_ns, self._settings)
        self._judged[site] = (facts, after)
        return after

    def _look(self, site: str, standing: Standing, facts: Facts, *, maintenance: bool) -> Look:
        """The same standing looks the same."""
        known = self._looked.get(site)
        if known is not None and known[0] is standing and known[1].maintenance is maintenance:
            return known[1]
        look = look_of(standing, facts, maintenance=maintenance)
        self._looked[site] = (standing, look)
        return look

    def _worked_lately(self, site: str, now_wall_ns: int) -> bool:
        """Whether a maintenance window is open, or was when the site was seen last, or a moment ago."""
        at_ns = self._worked_at.get(site)
        if at_ns is None:
            return False
        if now_wall_ns - at_ns > int(self._settings.maintenance_grace_seconds * _SECOND_NS):
            del self._worked_at[site]
            return False
        return True
