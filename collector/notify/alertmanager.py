"""A standing channel to Alertmanager's API v2: alerts that are repeated before they lapse, ended by their end."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from collector.incident import Incident, Scope
from collector.notify.channel import ChannelSettings, Workshop, one_of, secret_of
from collector.notify.message import Audience, Channel, Kind, Message, Urgency
from collector.notify.post import Place, demand_taken, place_of, request
from collector.notify.text import Places
from shared.secret import Secret

_SECOND_NS = 1_000_000_000
_ORDER = (Scope.PROVINCE, Scope.PROVIDER, Scope.POWER_AREA, Scope.HUB, Scope.SITE, Scope.AGENT)
"""Whoever silences others comes first: Alertmanager tells the first group that arrives (alertmanager#4064)."""
_LAPSES_AFTER = 4
"""Missed repeats before an alert lapses."""


class AlertmanagerSettings(ChannelSettings, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="alertmanager"):
    """An Alertmanager, 0.22 or later; it hears of every urgency, and its routes decide."""

    url: str
    """``http://127.0.0.1:9093``: the path of the API is ours."""
    token: Secret | None = None
    token_file: Path | None = None
    ca_file: Path | None = None
    silences: bool = True
    """Whether maintenance windows become silences there."""

    @property
    def audience(self) -> Audience:
        """See the base."""
        return Audience.STANDING

    @property
    def least(self) -> Urgency:
        """Whatever ``urgency`` says."""
        return Urgency.INFO

    def hosts(self) -> list[str]:
        """See the base."""
        return [place_of(self.url).host]

    def faults(self) -> Iterator[tuple[str, str]]:
        """See the base."""
        yield from one_of(self.token, self.token_file, "token", needed=False)

    def made(self, workshop: Workshop) -> Channel:
        """See the base."""
        token = secret_of(self.token, self.token_file)
        seconds = workshop.refresh_seconds
        return Alertmanager(self.name, self.api(), workshop.places, refresh_seconds=seconds, token=token)

    def api(self) -> Place:
        """Where its API v2 is; raises ValueError or OSError."""
        return place_of(f"{self.url.rstrip('/')}/api/v2", self.ca_file)


class Alertmanager:
    """See :class:`collector.notify.message.Channel`."""

    audience = Audience.STANDING

    def __init__(
        self,
        name: str,
        place: Place,
        places: Places,
        *,
        refresh_seconds: float,
        token: Secret | None = None,
    ) -> None:
        """``place`` has the path of the API: ``/api/v2``."""
        self.name = name
        self._place = place
        self._places = places
        self._lapse_ns = int(_LAPSES_AFTER * refresh_seconds * _SECOND_NS)
        self._headers = {"Content-Type": "application/json"}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token.reveal()}"

    async def tell(self, message: Message, now_ns: int) -> None:
        """See the promise. Where the labels are others than before, the alert under the old ones ends with the post."""
        await self._post(self._alerts(message, now_ns))

    async def refresh(self, standing: tuple[Message, ...], now_ns: int) -> None:
        """See the promise. An alert that stands for the collector itself tells that incidents come from here."""
        ordered = sorted(standing, key=lambda each: _ORDER.index(each.note.incident.scope))
        alerts = [self._firing(message, now_ns) for message in ordered]
        await self._post([_alive(now_ns, self._lapse_ns), *alerts])

    async def _post(self, alerts: list[dict[str, object]]) -> None:
        body = msgspec.json.encode(alerts)
        path = f"{self._place.path.rstrip('/')}/alerts"
        demand_taken(await request(self._place, "POST", path, self._headers, body), self._place)

    def _alerts(self, message: Message, now_ns: int) -> list[dict[str, object]]:
        note = message.note
        now = labels_of(note.incident, note.urgency, self._places)
        known = note.before is not None and note.before.number == note.incident.number
        before = labels_of(note.before, note.before_urgency, self._places) if known and note.before else now
        over = note.kind is Kind.WITHDRAWN or not note.incident.is_open
        ended = [_alert(message, before, note.incident.began_ns, now_ns)] if over or before != now else []
        return ended if over else [*ended, self._firing(message, now_ns)]

    def _firing(self, message: Message, now_ns: int) -> dict[str, object]:
        """It starts now for Alertmanager, which keeps the earliest start of what it holds.

        An older start would skip ``group_wait`` (alertmanager#4064), and what its neighbour inhibits slip through.
        """
        labels = labels_of(message.note.incident, message.note.urgency, self._places)
        return _alert(message, labels, now_ns, now_ns + self._lapse_ns)


def labels_of(incident: Incident, urgency: Urgency, places: Places) -> dict[str, str]:
    """What routes and inhibitions go by; an alert is its labels. Without a hub there is no label ``hub``."""
    labels = {
        "alertname": "PhusongTrial" if incident.number < 0 else "PhusongIncident",
        "incident": str(incident.number),
        "severity": urgency.word,
        "scope": incident.scope.value,
        "trouble": incident.trouble.value,
        "cause": incident.cause.value,
    }
    if len(incident.sites) == 1:
        site = incident.sites[0]
        labels |= {"site": site, "hub": places.hub(site), "provider": places.provider(site)}
    if incident.scope in {Scope.HUB, Scope.PROVIDER, Scope.POWER_AREA, Scope.AGENT}:
        labels[incident.scope.value] = incident.subject
    return {name: value for name, value in labels.items() if value}


def _alive(now_ns: int, lapse_ns: int) -> dict[str, object]:
    """While it stands, rules of Prometheus for the same faults are inhibited; it lapses with the collector."""
    return {
        "labels": {"alertname": "PhusongCollectorTells", "severity": "none", "scope": "meta"},
        "annotations": {"summary": "the collector tells of incidents itself"},
        "endsAt": _stamp(now_ns + lapse_ns),
    }


def _alert(message: Message, labels: dict[str, str], starts_ns: int, ends_ns: int) -> dict[str, object]:
    incident = message.note.incident
    annotations = {
        "summary": message.en.subject,
        "summary_vi": message.vi.subject,
        "description": message.en.body,
        "description_vi": message.vi.body,
        "sms": message.vi.sms,
        "sites": str(len(incident.sites)),
        "began": _stamp(incident.began_ns),
        "ended": "" if incident.ended_ns is None else _stamp(incident.ended_ns),
        "link": message.link,
        "receipt": message.receipt,
    }
    return {
        "labels": labels,
        "annotations": {name: value for name, value in annotations.items() if value},
        "startsAt": _stamp(min(starts_ns, ends_ns)),
        "endsAt": _stamp(ends_ns),
        "generatorURL": message.link,
    }


def _stamp(wall_ns: int) -> str:
    return datetime.fromtimestamp(wall_ns / _SECOND_NS, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
