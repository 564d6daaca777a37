"""A channel that posts each message as signed JSON: for gateways, chat bots and scripts of a province's own."""

import hmac
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import msgspec

from collector.notify.channel import ChannelSettings, Workshop, one_of, secret_of
from collector.notify.message import Audience, Channel, Message
from collector.notify.post import Place, demand_taken, place_of, request
from shared.secret import Secret

_SECOND_NS = 1_000_000_000


class WebhookSettings(ChannelSettings, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="webhook"):
    """A gateway that takes signed JSON."""

    url: str
    secret: Secret | None = None
    secret_file: Path | None = None
    """One of them: the key of the signature."""
    ca_file: Path | None = None

    def hosts(self) -> list[str]:
        """See the base."""
        return [place_of(self.url).host]

    def faults(self) -> Iterator[tuple[str, str]]:
        """See the base."""
        yield from one_of(self.secret, self.secret_file, "secret", needed=True)

    def made(self, workshop: Workshop) -> Channel:  # noqa: ARG002 - others need it
        """See the base."""
        secret = secret_of(self.secret, self.secret_file) or Secret("")
        return Webhook(self.name, place_of(self.url, self.ca_file), secret)


class Webhook:
    """See :class:`collector.notify.message.Channel`."""

    audience = Audience.PEOPLE

    def __init__(self, name: str, place: Place, secret: Secret) -> None:
        self.name = name
        self._place = place
        self._secret = secret

    async def tell(self, message: Message, now_ns: int) -> None:
        """See the promise. A repeat has the same ``Phusong-Key``."""
        body = document(message)
        headers = {
            "Content-Type": "application/json",
            "Phusong-Key": message.key,
            "Phusong-Signature": signature(self._secret, body, now_ns // _SECOND_NS),
        }
        demand_taken(await request(self._place, "POST", self._place.path, headers, body), self._place)

    async def refresh(self, standing: tuple[Message, ...], now_ns: int) -> None:
        """See the promise: people are told once."""


def document(message: Message) -> bytes:
    """The body: ``docs/reference.md`` has its form."""
    note = message.note
    return msgspec.json.encode(
        {
            "version": 1,
            "key": message.key,
            "kind": note.kind.value,
            "urgency": note.urgency.word,
            "trial": note.is_trial,
            "thread": note.thread,
            "escalation": note.level,
            "incident": note.incident,
            "text": {"vi": message.vi, "en": message.en},
            "recipients": [
                {
                    "key": each.key,
                    "name": each.person.name,
                    "phone": each.person.phone,
                    "email": each.person.email,
                    "language": each.person.language,
                    "link": each.link,
                }
                for each in message.recipients
            ],
            "link": message.link,
            "receipt": message.receipt,
        }
    )


def signature(secret: Secret, body: bytes, seconds: int) -> str:
    """``t=SECONDS,v1=HEX``: HMAC-SHA-256 over ``SECONDS.BODY``, so that a recorded request is seen to be old."""
    said = f"{seconds}.".encode() + body
    return f"t={seconds},v1={hmac.digest(secret.reveal().encode(), said, sha256).hex()}"
