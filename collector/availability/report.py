"""The report of a period: each line with its account and whether its contract was kept, and sums by provider."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from collector.availability.account import Account, Interval, Owner, account, stretches, watched_only
from collector.availability.period import Period
from collector.incident import Incident, Trouble
from collector.inventory.site import Inventory, Link, Site
from collector.journal.journal import Turns
from collector.judgement.clues import ClueKind
from collector.judgement.links import judged_links

_LOST = frozenset({Trouble.DOWN, Trouble.FLAPPING})


class Promise(StrEnum):
    """What became of the availability that a contract agrees."""

    BROKEN = "broken"
    """Even if all that is open went the provider's way."""
    OPEN = "open"
    """It depends on what nobody saw, or on losses whose owner is not known."""
    KEPT = "kept"
    """Even if all of that went against the provider."""
    NONE = "none"
    """The inventory knows of no agreed availability."""


@dataclass(frozen=True, slots=True)
class History:
    """What the journal holds of a period."""

    period: Period
    turns: Turns
    watched: tuple[tuple[int, int], ...]
    incidents: tuple[Incident, ...]
    """The newest version of each that touches the period."""


@dataclass(frozen=True, slots=True)
class Line:
    """One link of a site, or the site itself where the inventory names no link."""

    site: Site
    link: Link | None
    account: Account | None
    """None where no target tells this link from the others of its site."""
    promise: Promise

    @property
    def provider(self) -> str:
        """Whose it is; empty where that is not known."""
        return self.link.provider if self.link is not None else ""


@dataclass(frozen=True, slots=True)
class Sum:
    """All lines of one provider."""

    provider: str
    lines: int
    promises: dict[Promise, int]
    outages: int
    provider_down_ns: int
    availability: Interval | None
    contracted: Interval | None


@dataclass(frozen=True, slots=True)
class Report:
    """Lines in the order of the inventory, sums by the provider's name."""

    period: Period
    lines: tuple[Line, ...]
    sums: tuple[Sum, ...]
    watched_ratio: float
    """Share of the period in which this collector judged at all."""


def make_report(inventory: Inventory, history: History) -> Report:
    """All lines of the inventory as it is now."""
    struck: dict[str, list[Incident]] = defaultdict(list)
    for incident in history.incidents:
        for site in incident.sites:
            struck[site].append(incident)
    lines = tuple(line for site in inventory.sites for line in _lines(site, struck[site.id], history))
    period = history.period
    span = period.until_ns - period.from_ns
    watched = sum(last - first for first, last in history.watched)
    return Report(period, lines, tuple(_sums(lines)), watched / span if span else 0.0)


def only(report: Report, provider: str = "", site: str = "") -> Report:
    """The same of one provider, one site, or both; everything where neither is named."""
    lines = tuple(
        line
        for line in report.lines
        if (not provider or line.provider == provider) and (not site or line.site.id == site)
    )
    return Report(report.period, lines, tuple(_sums(lines)), report.watched_ratio)


def _lines(site: Site, incidents: Sequence[Incident], history: History) -> Iterator[Line]:
    judged = {link.name for link in judged_links(site)}
    for place, link in enumerate(site.links):
        if link.name in judged:
            told = [one for one in incidents if one.trouble in _LOST or _tells_of(one, site, link)]
            yield _line(site, link, _account(site, link.name, told, history))
        else:
            # Without targets of its own the main link is what the site is reached over; of others nothing is known.
            main = place == 0 and not judged
            yield _line(site, link, _of_site(site, incidents, history) if main else None)
    if not site.links:
        yield _line(site, None, _of_site(site, incidents, history))


def _line(site: Site, link: Link | None, found: Account | None) -> Line:
    agreed = link.agreed_availability_ratio if link is not None else None
    return Line(site, link, found, _promise(found, agreed))


def _of_site(site: Site, incidents: Sequence[Incident], history: History) -> Account:
    return _account(site, "", [one for one in incidents if one.trouble in _LOST], history)


def _account(site: Site, link: str, incidents: Sequence[Incident], history: History) -> Account:
    period = history.period
    every = stretches(history.turns.get((site.id, link), ()), period.from_ns, period.until_ns)
    # What a backlog tells later is of the site as a whole: it cannot say which of several links was lost.
    return account(watched_only(every, history.watched), incidents, "" if link else site.id)


def _tells_of(incident: Incident, site: Site, link: Link) -> bool:
    return any(
        clue.kind == ClueKind.LINK_LOST and clue.site in {"", site.id} and clue.subject == link.name
        for clue in incident.clues
    )


def _promise(found: Account | None, agreed: float | None) -> Promise:
    if agreed is None:
        return Promise.NONE
    share = found.contracted() if found is not None else None
    if share is None:
        return Promise.OPEN
    return Promise.KEPT if share.least >= agreed else Promise.BROKEN if share.most < agreed else Promise.OPEN


def _sums(lines: Sequence[Line]) -> Iterator[Sum]:
    by_provider: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_provider[line.provider].append(line)
    for provider, own in sorted(by_provider.items()):
        known = [line.account for line in own if line.account is not None]
        yield Sum(
            provider=provider,
            lines=len(own),
            promises={promise: sum(line.promise is promise for line in own) for promise in Promise},
            outages=sum(len(one.outages) for one in known),
            provider_down_ns=sum(one.down_of(Owner.PROVIDER) for one in known),
            availability=_mean([(one.availability(), one) for one in known]),
            contracted=_mean([(one.contracted(), one) for one in known]),
        )


def _mean(found: Sequence[tuple[Interval | None, Account]]) -> Interval | None:
    """Over all lines, each by the time that counts."""
    weighed = [(share, one.period_ns - one.maintenance_ns) for share, one in found if share is not None]
    total = sum(weight for _, weight in weighed)
    if not total:
        return None
    return Interval(
        sum(share.least * weight for share, weight in weighed) / total,
        sum(share.most * weight for share, weight in weighed) / total,
    )
