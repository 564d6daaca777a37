"""What a message says: place, extent, cause, since when, evidence, in two languages and as an SMS; it is all pure."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, tzinfo

from collector.incident import Cause, Incident, Scope, Trouble
from collector.inventory.site import Inventory
from collector.judgement.clues import ClueKind
from collector.judgement.links import judged_links
from collector.language import figures
from collector.notify.message import Kind, Note, Text
from collector.notify.sms import fitted
from collector.notify.words import Words

_SECOND_NS = 1_000_000_000
_NAMES = 20
_CLUES = 8


class Places:
    """Names of sites, and how many hang on what they share."""

    def __init__(self, inventory: Inventory, zone: tzinfo) -> None:
        self._sites = inventory.by_id()
        self.zone = zone
        self._totals = {
            Scope.HUB: Counter(site.hub for site in inventory.sites),
            Scope.PROVIDER: Counter(site.provider for site in inventory.sites),
            Scope.POWER_AREA: Counter(site.power_area for site in inventory.sites),
        }
        self._linked = Counter(link.provider for site in inventory.sites for link in judged_links(site))

    def name(self, site: str) -> str:
        """As people call it; its id where it is not in the inventory."""
        return self._sites[site].name if site in self._sites else site

    def provider(self, site: str) -> str:
        """Of its main link; empty where that is not known."""
        return self._sites[site].provider if site in self._sites else ""

    def provider_of(self, site: str, link: str) -> str:
        """Of one link; empty where that is not known."""
        links = self._sites[site].links if site in self._sites else ()
        return next((one.provider for one in links if one.name == link), "")

    def hub(self, site: str) -> str:
        """Where its cables meet; empty where that is not known."""
        return self._sites[site].hub if site in self._sites else ""

    def total(self, incident: Incident) -> int | None:
        """How many sites hang on what is broken; None where that is no question."""
        if incident.scope is Scope.PROVIDER and incident.trouble is Trouble.DEGRADED:
            return self._linked[incident.subject]
        return self._totals[incident.scope][incident.subject] if incident.scope in self._totals else None


def compose(note: Note, places: Places, words: Words, link: str = "") -> Text:
    """All forms of a message in one language; the link goes into the SMS only, and only where it fits."""
    incident = note.incident
    head = words.kinds[note.kind]
    if note.is_trial:
        head = f"{words['trial']} {head}"
    where = _where(note, places, words)
    began = moment(incident.began_ns, places.zone)
    count = extent(incident, places, words)
    cause = cause_of(incident, places, words)
    trouble = words.troubles[incident.trouble]
    times = f"{words['since'].lower()} {began}"
    if incident.ended_ns is not None:
        times += f" {words['until']} {moment(incident.ended_ns, places.zone)}"
    short = [f"phusong {head}:", where, f"{trouble} {times}, {count}.", f"{words['cause']}: {cause}."]
    return Text(
        subject=" ".join(f"[phusong] {head}: {where}, {trouble} {times}: {cause}".split()),
        body="\n".join(_lines(note, places, words, head)),
        sms=fitted([*short, f"#{incident.number}"], 1, link),
    )


def place(incident: Incident, places: Places, words: Words) -> str:
    """Where it is."""
    is_site = incident.scope is Scope.SITE
    return words.scopes[incident.scope].format(name=places.name(incident.subject) if is_site else incident.subject)


def extent(incident: Incident, places: Places, words: Words) -> str:
    """How many sites: ``37 of 61 sites; 5 others without power``."""
    total = places.total(incident)
    of = f" {words['of']} {total}" if total and total >= len(incident.sites) else ""
    lost = f"{len(incident.sites)}{of} {words['sites' if len(incident.sites) != 1 or of else 'one_site']}"
    dark = (clue.value for clue in incident.clues if clue.kind == ClueKind.OTHERS_DARK and clue.value is not None)
    return "; ".join((lost, *(words["dark"].format(count=f"{value:g}") for value in dark)))


def cause_of(incident: Incident, places: Places, words: Words) -> str:
    """Why, with the provider where it is theirs to mend."""
    theirs = incident.cause in {Cause.ACCESS_LINK, Cause.ISP}
    lost = [clue for clue in incident.clues if clue.kind == ClueKind.LINK_LOST]
    providers = {places.provider_of(clue.site, clue.subject) for clue in lost}
    providers = (providers or {places.provider(site) for site in incident.sites}) - {""} if theirs else set()
    whose = f" ({providers.pop()})" if len(providers) == 1 else ""
    return words.causes[incident.cause] + whose


def moment(wall_ns: int, zone: tzinfo) -> str:
    """``14:02 25/11`` by the clock of the province."""
    return datetime.fromtimestamp(wall_ns // _SECOND_NS, zone).strftime("%H:%M %d/%m")


def lasted(seconds: int, words: Words) -> str:
    """A duration in its two largest units, in seconds below a minute."""
    days, rest = divmod(max(0, seconds), 86_400)
    parts = [(days, "day"), (rest // 3600, "hour"), (rest % 3600 // 60, "minute")]
    shown = [f"{count} {words[unit]}" for count, unit in parts if count][:2]
    return " ".join(shown) or f"{max(0, seconds)} {words['second']}"


def evidence(incident: Incident, places: Places, words: Words) -> list[str]:
    """The clues as sentences, strongest first; kinds that nobody put into words are named as they are."""
    return [
        words.clues.get(clue.kind, clue.kind.replace("_", " ")).format(
            subject=clue.subject or places.name(clue.site),
            site=places.name(clue.site),
            value=_number(clue.value, words),
            share=f"{_number(clue.value, words)} %",
            time=moment(clue.at_ns, places.zone),
        )
        for clue in incident.clues
    ][:_CLUES]


def _where(note: Note, places: Places, words: Words) -> str:
    return words["trial_site"] if note.is_trial else place(note.incident, places, words)


def _number(value: float | None, words: Words) -> str:
    return figures(words.tag, f"{value:g}") if value is not None else "?"


def _lines(note: Note, places: Places, words: Words, head: str) -> Iterator[str]:
    incident, before = note.incident, note.before
    yield head
    if note.is_trial:
        yield words["trial_why"]
    yield f"{words['where']}: {_where(note, places, words)}"
    yield f"{words['what']}: {words.troubles[incident.trouble]}"
    still = f" ({words['still'].format(count=len(incident.still))})" if incident.is_open else ""
    yield f"{words['how_many']}: {extent(incident, places, words)}{still}"
    was = ""
    if note.kind is Kind.UPDATE and before is not None and before.cause is not incident.cause:
        was = f"; {words['was'].format(cause=words.causes[before.cause])}"
    yield f"{words['cause']}: {cause_of(incident, places, words)} ({words.confidences[incident.confidence]}{was})"
    times = f"{words['since']}: {moment(incident.began_ns, places.zone)}"
    if incident.ended_ns is not None:
        span = lasted((incident.ended_ns - incident.began_ns) // _SECOND_NS, words)
        times += f" {words['until']} {moment(incident.ended_ns, places.zone)} ({words['lasted']} {span})"
    yield times
    clues = evidence(incident, places, words)
    if clues:
        yield f"{words['evidence']}:"
        yield from (f"- {clue}" for clue in clues)
    names = [places.name(site) for site in incident.sites]
    if len(names) > 1:
        rest = f" {words['more'].format(count=len(names) - _NAMES)}" if len(names) > _NAMES else ""
        yield f"{words['which']}: {', '.join(names[:_NAMES])}{rest}"
    yield f"{words['number']} {incident.number}"
