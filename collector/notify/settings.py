"""What the settings say of telling: channels, roster, patience; it opens nothing but files."""

import fnmatch
from collections.abc import Iterator
from pathlib import Path

import msgspec

from collector.notify.alertmanager import AlertmanagerSettings
from collector.notify.apprise import AppriseSettings
from collector.notify.email import EmailSettings
from collector.notify.hours import time_of_day
from collector.notify.policy import Rules
from collector.notify.webhook import WebhookSettings

AnyChannel = AlertmanagerSettings | AppriseSettings | EmailSettings | WebhookSettings
"""A new kind of channel is its file and its name here."""


class NotifySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``notify`` in ``collector.yaml``."""

    channels: tuple[AnyChannel, ...]
    roster: Path | None = None
    """YAML of who is on duty; without one, channels tell whom they name themselves."""
    address: str = ""
    """How people reach the collector: ``https://phusong.example``; no links where there is none."""
    link_hours: float = 48.0
    """How long a link acknowledges."""
    key_file: Path | None = None
    """Key of the links; made in the state folder where none is named."""
    quiet_from: str = "22:00"
    quiet_until: str = "06:00"
    """What can wait, waits until then, by ``retention.time_zone``."""
    trial_at: str = ""
    """HH:MM of the daily trial, on channels with ``trial: true``; none where empty."""
    rules: Rules = msgspec.field(default_factory=Rules)
    hosts: tuple[str, ...] = ()
    """Hosts to which channels may speak, ``*`` stands for anything; all where empty."""
    refresh_seconds: float = 60.0
    """How often standing alerts are repeated; they lapse after four times as long."""
    deadline_seconds: float = 60.0
    """For one message to be taken."""
    give_up_hours: float = 24.0


def notify_rules(settings: NotifySettings | None) -> Iterator[tuple[str, str]]:
    """What types cannot say, as (place, what)."""
    if settings is None:
        return
    yield from _channel_faults(settings)
    if not settings.channels:
        yield "$.notify.channels", "must not be empty: without the key 'notify' nobody is told"
    if settings.address and not settings.address.startswith(("http://", "https://")):
        yield "$.notify.address", f"'{settings.address}' is no address like https://phusong.example"
    for key in ("quiet_from", "quiet_until", "trial_at"):
        try:
            given = getattr(settings, key)
            if given or key != "trial_at":
                time_of_day(given)
        except ValueError as error:
            yield f"$.notify.{key}", str(error)
    if settings.trial_at and not any(channel.trial for channel in settings.channels):
        yield "$.notify.trial_at", "no channel has 'trial: true'"
    for key, least, most in (
        ("link_hours", 0.1, 720),
        ("refresh_seconds", 1, 600),
        ("deadline_seconds", 1, 600),
        ("give_up_hours", 0.1, 720),
    ):
        if not least <= getattr(settings, key) <= most:
            yield f"$.notify.{key}", f"must be from {least:g} to {most:g}"
    yield from _patience_faults(settings.rules)


def _channel_faults(settings: NotifySettings) -> Iterator[tuple[str, str]]:
    names = [channel.name for channel in settings.channels]
    for number, channel in enumerate(settings.channels):
        place = f"$.notify.channels[{number}]"
        if not channel.name or names.count(channel.name) > 1:
            yield f"{place}.name", "each channel needs a name of its own"
        yield from ((f"{place}.{key}", what) for key, what in channel.faults())
        yield from ((f"{place}{where}", what) for where, what in _host_faults(channel, settings.hosts))


def _host_faults(channel: AnyChannel, allowed: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    try:
        hosts = channel.hosts()
    except (OSError, ValueError) as error:
        yield "", str(error)
        return
    for host in hosts:
        if allowed and not any(fnmatch.fnmatchcase(host, pattern) for pattern in allowed):
            yield "", f"host '{host}' is not among notify.hosts"


def _patience_faults(rules: Rules) -> Iterator[tuple[str, str]]:
    for key in msgspec.structs.fields(Rules):
        value = getattr(rules, key.name)
        if isinstance(value, float) and value < 0:
            yield f"$.notify.rules.{key.name}", "must not be negative"
    if rules.grown <= 1:
        yield "$.notify.rules.grown", "must be more than 1"
    if rules.escalate_minutes <= 0:
        yield "$.notify.rules.escalate_minutes", "must be more than 0"
