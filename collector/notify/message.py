"""What is told, as every room of notify sees it, and the promise of a channel; it decides nothing and sends nothing."""

from enum import IntEnum, StrEnum
from typing import Protocol

import msgspec

from collector.incident import Incident


class Kind(StrEnum):
    """What a message is to those who read it."""

    NEW = "new"
    UPDATE = "update"
    """Cause, place or extent are others than were told."""
    ESCALATED = "escalated"
    """Nobody has acknowledged it."""
    RESOLVED = "resolved"
    PAST = "past"
    """It was, and is over: nobody was told while it lasted."""
    WITHDRAWN = "withdrawn"
    """It is no longer told of (another incident tells of it, or maintenance does): only standing channels hear that."""


class Urgency(IntEnum):
    """How bad it is to be late."""

    INFO = 0
    """To be seen; nobody is told."""
    WARNING = 1
    """May wait until quiet hours are over."""
    CRITICAL = 2
    """At once, whatever the hour."""

    @property
    def word(self) -> str:
        """As it is written in labels and JSON."""
        return self.name.lower()


class Audience(StrEnum):
    """Who stands behind a channel."""

    PEOPLE = "people"
    """Each message is read once."""
    STANDING = "standing"
    """A program that holds the present state and tells people by its own rules."""


class Person(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who can be told."""

    name: str
    email: str = ""
    phone: str = ""
    """As the gateway wants it: ``+84…``."""
    language: str = "vi"


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it is stored: what it says is written when it is sent."""

    kind: Kind
    urgency: Urgency
    incident: Incident
    created_ns: int
    thread: int
    """Number of the incident with which the story began."""
    before: Incident | None = None
    """The version that was told before it."""
    before_urgency: Urgency = Urgency.INFO
    """With which that was told."""
    people: tuple[str, ...] = ()
    """Keys in the roster."""
    level: int = 0
    """How often it was escalated."""

    @property
    def is_trial(self) -> bool:
        """Whether it proves the way to the telephone and is no fault: trials have negative numbers."""
        return self.incident.number < 0


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """What people read."""

    subject: str
    """One line."""
    body: str
    sms: str
    """At most 160 characters of GSM 7 bit (3GPP TS 23.038), no diacritics."""


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody on duty, with the link by which they acknowledge; without one where links are not set up."""

    key: str
    person: Person
    link: str = ""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A note, ready to be sent. Every try has the same ``key``: who hears it twice can drop one."""

    key: str
    note: Note
    vi: Text
    en: Text
    recipients: tuple[Recipient, ...] = ()
    link: str = ""
    """For channels that reach a place rather than a person."""
    receipt: str = ""
    """What a gateway hands back to prove that a trial came through."""
    had: set[str] = msgspec.field(default_factory=set)
    """Addresses that have it, as the channel names them. One that reaches several adds each at once: a try that fails
    for one of them, or is broken off, neither tells the others twice nor keeps it from them."""

    def text(self, language: str) -> Text:
        """In a language; Vietnamese where it is not known."""
        return self.en if language == "en" else self.vi


class UntoldError(Exception):
    """It may or may not have been told: to be tried again; the message is one line."""

    def __init__(self, why: str, wait_seconds: float = 0.0) -> None:
        self.wait_seconds = wait_seconds
        """What the other side asked for."""
        super().__init__(why)


class RefusedError(Exception):
    """The other side will never take this message; one line."""


class Channel(Protocol):
    """One way to tell. It keeps nothing between messages that matters, and is never asked for two at once."""

    @property
    def name(self) -> str:
        """As the settings call it: the label ``channel``."""
        ...

    @property
    def audience(self) -> Audience:
        """Who hears it."""
        ...

    async def tell(self, message: Message, now_ns: int) -> None:
        """Return once the other side has taken it; raises :class:`UntoldError` or :class:`RefusedError`."""
        ...

    async def refresh(self, standing: tuple[Message, ...], now_ns: int) -> None:
        """Repeat everything that stands, before it is forgotten; raises as ``tell``. Nothing to do for people."""
        ...
