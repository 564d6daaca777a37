"""The collector's settings file: typed, closed, with the rules that types cannot say; it opens nothing but files."""

import contextlib
import difflib
from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Literal
from zoneinfo import available_timezones

import msgspec

from collector.forward.settings import DestinationSettings, destination_rules
from collector.identity.pace import KEYS_A_DAY
from collector.ingest.endpoint import IngestSettings
from collector.ingest.rules import ingest_rules
from collector.judgement.settings import JudgementSettings, judgement_rules
from collector.notify.settings import NotifySettings, notify_rules
from collector.people.settings import PeopleSettings, people_rules
from collector.series.settings import SeriesSettings, series_rules
from collector.wall.screens import is_name
from collector.wall.settings import WallSettings
from shared.address import address_problem
from shared.secret import Secret, header_problem
from shared.settings import load

_MOST_HOURS = 9000


class TlsSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The collector's own TLS, where no proxy stands in front."""

    certificate: Path
    """PEM; the chain, the server's own first."""
    key: Path


class ListenSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the collector is reached."""

    address: str = "127.0.0.1"
    port: int = 8080
    socket: Path | None = None
    """Unix socket served besides, always without TLS."""
    tls: TlsSettings | None = None
    head_seconds: float = 5.0
    """For the head of a request, and for a handshake of TLS."""
    rest_seconds: float = 30.0
    """For the rest of a request that was refused already, and for a client that does not take its answer in."""
    connections: int = 12_000
    connections_per_address: int = 1000
    proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    """Behind these stands everybody: connections are not counted singly, ``X-Forwarded-For`` is believed."""
    figures_from: tuple[str, ...] = ("127.0.0.0/8", "::1")
    """Addresses and networks of those that may read ``/metrics`` and ``/sd/``."""


class KnownAgent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An agent that is more than one enrolled machine at its site: by a token, or looking at other sites too."""

    name: str
    site: str
    token: Secret | None = None
    token_file: Path | None = None
    reports_on: Literal["own", "all"] | None = None
    """Sites that it may tell of; where not said, ``all`` with a token and ``own`` with an enrolled key."""


class EnrolmentSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What join codes say."""

    address: str = ""
    """How machines reach the collector: ``https://phusong.example``, with ``:port`` where it is not 443."""
    ca_file: Path | None = None
    """The authority that signed the collector's certificate, PEM; public ones where none is given."""
    next_ca_file: Path | None = None
    """The authority that will take its place."""
    days: float = 14.0
    """How long a code can be used."""
    keys_a_day: int = KEYS_A_DAY
    """Of one agent, the one that it joins with among them."""


class RetentionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long what arrived is kept, and when the nightly work is done."""

    inbox_hours: float = 168.0
    nightly_at: str = "02:30"
    """Local time of the province."""
    time_zone: str = "Asia/Ho_Chi_Minh"
    backups: int = 7
    """Nights kept."""
    disk_reserve_megabytes: int = 256
    """Neither a backup nor the inbox takes the disk's last: journal, keys and people need it."""

    @property
    def disk_reserve_bytes(self) -> int:
        """The same in bytes."""
        return self.disk_reserve_megabytes * 1024 * 1024


class CollectorSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands in ``collector.yaml``."""

    listen: ListenSettings = msgspec.field(default_factory=ListenSettings)
    state: Path
    """Folder of inbox, journal and imported inventory; the collector alone writes there."""
    inventory: Path | None = None
    """YAML or CSV; the newest version in the state folder where none is named."""
    maintenance: Path | None = None
    """YAML of maintenance windows; ``maintenance.yaml`` in the state folder where none is named."""
    agents: list[KnownAgent] = []
    enrolment: EnrolmentSettings = msgspec.field(default_factory=EnrolmentSettings)
    evaluate_seconds: float = 1.0
    ingest: IngestSettings = msgspec.field(default_factory=IngestSettings)
    series: SeriesSettings = msgspec.field(default_factory=SeriesSettings)
    judgement: JudgementSettings = msgspec.field(default_factory=JudgementSettings)
    retention: RetentionSettings = msgspec.field(default_factory=RetentionSettings)
    wall: WallSettings = msgspec.field(default_factory=WallSettings)
    people: PeopleSettings = msgspec.field(default_factory=PeopleSettings)
    notify: NotifySettings | None = None
    """Whom incidents are told; nobody where the key is absent."""
    forward: list[DestinationSettings] = []
    """Stores that get every reading by remote write, each from a cursor of its own."""

    @property
    def maintenance_file(self) -> Path:
        """Where maintenance windows stand."""
        return self.maintenance or self.state / "maintenance.yaml"

    @property
    def versions_file(self) -> Path:
        """Where every version of the inventory stands."""
        return self.state / "inventory.sqlite"


def load_collector_settings(path: Path) -> CollectorSettings:
    """Read the settings; raises :class:`shared.settings.SettingsError` with a line for each thing to mend."""
    return load(path, CollectorSettings, _rules)


def _rules(settings: CollectorSettings) -> Iterator[tuple[str, str]]:
    yield from _listen_rules(settings.listen)
    if not 0 < settings.evaluate_seconds <= 5:
        yield "$.evaluate_seconds", "must be more than 0 and at most 5"
    for name in settings.wall.screens:
        if not is_name(name):
            yield "$.wall.screens", f"'{name}' is no name of a screen: up to 24 letters, digits, spaces, '.', '-', '_'"
    if not 2 <= settings.wall.fresh_seconds <= 10:
        yield "$.wall.fresh_seconds", "must be from 2 to 10"
    if settings.wall.old_seconds <= 0:
        yield "$.wall.old_seconds", "must be more than 0"
    yield from _retention_rules(settings.retention)
    yield from ingest_rules(settings.ingest)
    yield from series_rules(settings.series)
    yield from judgement_rules(settings.judgement)
    address = settings.enrolment.address
    if address and (fault := address_problem(address)):
        yield "$.enrolment.address", fault
    if not 0 < settings.enrolment.days <= 365:
        yield "$.enrolment.days", "must be more than 0 and at most 365"
    if settings.enrolment.keys_a_day < 2:
        yield "$.enrolment.keys_a_day", "must be at least 2: the key that a machine joins with is one of them"
    yield from _agent_rules(settings)
    yield from people_rules(settings.people)
    yield from destination_rules(settings.forward)
    yield from notify_rules(settings.notify)


def _listen_rules(listen: ListenSettings) -> Iterator[tuple[str, str]]:
    if not 0 < listen.port < 65536:
        yield "$.listen.port", f"{listen.port} is no port (1 to 65535)"
    for name, seconds in (("head_seconds", listen.head_seconds), ("rest_seconds", listen.rest_seconds)):
        if not 0 < seconds <= 300:
            yield f"$.listen.{name}", "must be more than 0 and at most 300"
    for name, number in (
        ("connections", listen.connections),
        ("connections_per_address", listen.connections_per_address),
    ):
        if number < 1:
            yield f"$.listen.{name}", "must be at least 1"
    proxies = ((f"proxies[{number}]", proxy) for number, proxy in enumerate(listen.proxies))
    for key, address in (("address", listen.address), *proxies):
        if not (_is_address(address) or (key, address) == ("address", "localhost")):
            yield f"$.listen.{key}", f"'{address}' is no address: write 127.0.0.1 or ::1, no name"
    for place, network in enumerate(listen.figures_from):
        if why := _no_network(network):
            yield f"$.listen.figures_from[{place}]", why


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _no_network(text: str) -> str:
    try:
        ip_network(text)
    except ValueError:
        with contextlib.suppress(ValueError):
            return f"'{text}' is no network: did you mean '{ip_network(text, strict=False)}'?"
        return f"'{text}' is no address or network: write 10.20.0.5 or 10.20.0.0/24"
    return ""


def _retention_rules(retention: RetentionSettings) -> Iterator[tuple[str, str]]:
    hour, _, minute = retention.nightly_at.partition(":")
    if not (hour.isdigit() and minute.isdigit() and int(hour) < 24 and int(minute) < 60):
        yield "$.retention.nightly_at", f"'{retention.nightly_at}' is no time of day: write HH:MM"
    if retention.time_zone not in available_timezones():
        yield "$.retention.time_zone", _unknown_zone(retention.time_zone)
    if not 1 <= retention.inbox_hours <= _MOST_HOURS:
        yield "$.retention.inbox_hours", f"must be from 1 to {_MOST_HOURS}"
    if retention.backups < 1:
        yield "$.retention.backups", "must be at least 1"
    if retention.disk_reserve_megabytes < 0:
        yield "$.retention.disk_reserve_megabytes", "must not be negative"


def _unknown_zone(given: str) -> str:
    near = difflib.get_close_matches(given, available_timezones(), n=1, cutoff=0.85)
    return f"unknown time zone '{given}'" + (
        f", did you mean '{near[0]}'?" if near else ": Vietnam's is Asia/Ho_Chi_Minh"
    )


def _agent_rules(settings: CollectorSettings) -> Iterator[tuple[str, str]]:
    names = Counter(agent.name for agent in settings.agents)
    owners: dict[Secret, str] = {}
    for number, agent in enumerate(settings.agents):
        if not agent.name:
            yield f"$.agents[{number}].name", "must not be empty"
        if not agent.site:
            yield f"$.agents[{number}].site", "must not be empty"
        if names[agent.name] > 1:
            yield f"$.agents[{number}].name", f"agent '{agent.name}' stands {names[agent.name]} times"
        if agent.token is not None and (fault := header_problem(agent.token)):
            yield f"$.agents[{number}].token", fault
        if agent.token is not None and agent.token_file is not None:
            yield f"$.agents[{number}]", "give one of 'token' and 'token_file', or neither where it enrols"
        elif agent.token is not None and owners.setdefault(agent.token, agent.name) != agent.name:
            yield f"$.agents[{number}].token", f"agent '{owners[agent.token]}' has the same token: each needs its own"
