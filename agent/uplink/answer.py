"""What an HTTP answer means for the records that were sent; it decides and never sends."""

from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import Enum

import msgspec

from shared.wire.reading import Acknowledgement, Objection

_TOO_LARGE = 413
_GAPS = 409
_LONGEST_SECONDS = 3600.0
_HOLD = frozenset({401, 403, 404, 405, 407, 408, 415, 425, 426, 429})


class _Timed(msgspec.Struct, frozen=True):
    server_time_ns: int = 0


class Verdict(Enum):
    """What becomes of the records."""

    ACKNOWLEDGED = "acknowledged"
    RETRY = "retry"
    """Kept; the collector cannot take them now."""
    HELD = "held"
    """Kept; nothing will help but a change by somebody: a token, an address, an upgrade."""
    EARLIER = "earlier"
    """Kept; the collector wants what lies before them first: it remembers too many gaps."""
    REJECTED = "rejected"
    """The collector will never take them."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer as far as it was read."""

    status: int
    body: bytes = b""
    retry_after: str = ""
    seal: str = ""
    date: str = ""
    """When the server says that it answered."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """A verdict with its one line for an operator."""

    verdict: Verdict
    reason: str = ""
    retry_after_seconds: float | None = None
    acknowledgement: Acknowledgement | None = None


def interpret(reply: Reply, sent: int) -> Meaning:
    """Read the collector's answer to ``sent`` records; only its own acknowledgement counts as one."""
    if 200 <= reply.status < 300:
        return _acknowledged(reply, sent)
    wait = _retry_after(reply.retry_after, reply.date)
    if reply.status == _GAPS:
        return Meaning(Verdict.EARLIER, f"status {reply.status}: {_words(reply)}")
    if reply.status in _HOLD:
        return Meaning(Verdict.HELD, f"status {reply.status}: {_words(reply)}", wait)
    if 400 <= reply.status < 500:
        # Whatever stands between may answer as it likes: only the collector's own words bury a record. One that is too
        # large for a box on the way would hold up all behind it for ever; it is kept as a dead letter.
        ours = _said(reply) is not None or reply.status == _TOO_LARGE
        return Meaning(Verdict.REJECTED if ours else Verdict.HELD, f"status {reply.status}: {_words(reply)}", wait)
    return Meaning(Verdict.RETRY, f"status {reply.status}: {_words(reply)}", wait)


def time_in(reply: Reply) -> int:
    """The collector's time, of whatever answer; 0 where it tells none."""
    try:
        return msgspec.json.decode(reply.body, type=_Timed).server_time_ns
    except (msgspec.DecodeError, UnicodeDecodeError):
        return 0


def _acknowledged(reply: Reply, sent: int) -> Meaning:
    try:
        acknowledgement = msgspec.json.decode(reply.body, type=Acknowledgement)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Meaning(Verdict.HELD, "the answer is not a phusong collector's: is the uplink's address right?")
    if acknowledgement.stored + acknowledgement.duplicates != sent:
        return Meaning(
            Verdict.RETRY, f"{acknowledgement.stored + acknowledgement.duplicates} of {sent} records acknowledged"
        )
    return Meaning(Verdict.ACKNOWLEDGED, acknowledgement=acknowledgement)


def _retry_after(text: str, date: str) -> float | None:
    """Seconds, or a moment by the clock of whoever names it (RFC 9110, 10.2.3): this machine's may be wrong."""
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), _LONGEST_SECONDS)
    try:
        seconds = (parsedate_to_datetime(text) - parsedate_to_datetime(date)).total_seconds()
    except (ValueError, OverflowError, TypeError):
        return None
    return min(max(0.0, seconds), _LONGEST_SECONDS)


def _said(reply: Reply) -> str | None:
    """The collector's own reason; None where the answer is not in its form."""
    try:
        return msgspec.json.decode(reply.body, type=Objection).error[:200]
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _words(reply: Reply) -> str:
    said = _said(reply)
    return "no reason given, perhaps by something on the way" if said is None else said
