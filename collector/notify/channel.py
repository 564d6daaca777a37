"""What the settings say of every channel, and what a channel is made with; each kind adds its own in its own file."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from collector.notify.message import Audience, Channel, Urgency
from collector.notify.text import Places
from shared.logs import Limited
from shared.secret import Secret, read_secret


@dataclass(frozen=True)
class Workshop:
    """What a channel is made with."""

    places: Places
    thread: Callable[[], ThreadPoolExecutor]
    """A thread that is the channel's alone and ends with the collector: who hangs in it holds up nobody else."""
    complain: Limited
    refresh_seconds: float


class ChannelSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """Keys of every channel. ``kind`` says which one it is."""

    name: str
    """The label ``channel``; another name begins with what is decided from then on."""
    urgency: Literal["info", "warning", "critical"] = "warning"
    """It hears of what is at least so urgent."""
    trial: bool = False
    """Whether the daily trial must come through here."""

    @property
    def audience(self) -> Audience:
        """Who hears it."""
        return Audience.PEOPLE

    @property
    def least(self) -> Urgency:
        """As a number."""
        return Urgency[self.urgency.upper()]

    def hosts(self) -> list[str]:
        """To which hosts it speaks; raises ValueError where an address is none."""
        raise NotImplementedError

    def faults(self) -> Iterator[tuple[str, str]]:
        """What types cannot say, as (key, what)."""
        yield from ()

    def made(self, workshop: Workshop) -> Channel:
        """The channel; raises OSError or ValueError, one line, where files or addresses are of no use."""
        raise NotImplementedError


def secret_of(value: Secret | None, file: Path | None) -> Secret | None:
    """From the settings or its file; raises OSError or ValueError where the file holds none."""
    return value if file is None else read_secret(file)


def one_of(value: object, file: object, name: str, *, needed: bool) -> Iterator[tuple[str, str]]:
    """At most one of a secret and its file."""
    if value is not None and file is not None:
        yield name, f"give one of '{name}' and '{name}_file'"
    if needed and value is None and file is None:
        yield name, f"give '{name}' or '{name}_file'"
