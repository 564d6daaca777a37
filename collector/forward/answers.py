"""What a destination's answer means for the samples of the body; it decides, and sends nothing again itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import Enum

WRITTEN = "x-prometheus-remote-write-samples-written"
_LONGEST_PAUSE_SECONDS = 3600.0
FAULT = "fault"
"""The reason of an answer 500 that gives none: the server's, or what it makes of one sample."""
REFUSED = "refused"
"""The reason of a refusal that gives none."""
MISDIRECTED = "misdirected"
"""The reason of an answer that rejects the sender; or one body of it, where something on the way reads bodies."""
DOUBTFUL = frozenset({FAULT, MISDIRECTED})
"""Of one body or of all: whether others are taken tells which."""
_NEVER_HEAL = (
    # Words in the answers of Prometheus, Mimir and VictoriaMetrics; a reason is a label, so there are few.
    ("too old sample", "too_old"),
    ("sample too old", "too_old"),
    ("out of bounds", "out_of_bounds"),
    ("sample-out-of-order", "out_of_order"),
    ("out of order", "out_of_order"),
    ("duplicate sample", "duplicate"),
    ("too far in the future", "future"),
)
OLDEST_GO_TOO = frozenset({"too_old", "out_of_bounds"})
"""Where the newest sample of a body is refused for one of these, so are all that are older."""
_ABOUT_THE_SENDER = frozenset({401, 403, 404, 405, 407})
_ABOUT_THE_MOMENT = frozenset({408, 421, 425, 429})
_NOT_THIS_VERSION = frozenset({400, 404, 406, 415, 422, 500, 501})
_NOT_THIS_TYPE = frozenset({406, 415})
"""Said of what a body is, and never of a sample in it."""


class Meaning(Enum):
    """What to do next; the value is the label of the counter."""

    SENT = "sent"
    RETRY = "retry"
    """The moment is wrong: the same body again, later."""
    HELD = "held"
    """Address or credentials are wrong, and the samples are not, unless others are taken: an operator must mend it."""
    SPLIT = "refused"
    """Something in the body is refused for ever: halve it until what is refused stands alone."""
    OLDER = "not_understood"
    """The server does not know 2.0 and may have stored nothing: the same samples as 1.0."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, header fields in lower case, and the beginning of the body."""

    status: int
    headers: Mapping[str, str]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A meaning with its reason: a word for the label, a line for the operator."""

    meaning: Meaning
    reason: str = ""
    detail: str = ""
    pause_seconds: float = 0.0
    """The least to wait before the next try."""


def judge(reply: Reply, *, version: int, proven: bool, samples: int, now_wall_seconds: float) -> Verdict:
    """``proven`` says that this server has understood ``version`` before; ``samples`` is their number in the body."""
    detail = f"{reply.status} {reply.text.strip()}"[:200].strip()
    if 200 <= reply.status < 300:
        return _written(reply, version, samples, detail)
    if version == 2 and reply.status in (_NOT_THIS_TYPE if proven else _NOT_THIS_VERSION):
        return Verdict(Meaning.OLDER, "not_understood", detail)
    reason = _reason(reply.text)
    if (reply.status >= 500 and not reason) or reply.status in _ABOUT_THE_MOMENT:
        why = FAULT if reply.status == 500 else "busy"
        return Verdict(Meaning.RETRY, why, detail, _pause(reply, now_wall_seconds))
    if reply.status < 400 or reply.status in _ABOUT_THE_SENDER:
        return Verdict(Meaning.HELD, MISDIRECTED, detail)
    return Verdict(Meaning.SPLIT, reason or REFUSED, detail)


def _written(reply: Reply, version: int, samples: int, detail: str) -> Verdict:
    """A 2.0 server says how many samples it wrote; one that says nothing took the body for something else."""
    if version == 1:
        return Verdict(Meaning.SENT)
    written = reply.headers.get(WRITTEN, "")
    if not (written.isascii() and written.isdigit()):
        return Verdict(Meaning.OLDER, "not_understood", f"{detail}, and no {WRITTEN}")
    if int(written) < samples:
        return Verdict(Meaning.SPLIT, "unwritten", f"{detail}: {written} of {samples} samples written")
    return Verdict(Meaning.SENT)


def _reason(text: str) -> str:
    """The word for a fault that time does not heal; empty where the answer names none."""
    lower = text.lower()
    return next((word for phrase, word in _NEVER_HEAL if phrase in lower), "")


def _pause(reply: Reply, now_wall_seconds: float) -> float:
    """``Retry-After`` (RFC 9110, 10.2.3): seconds or a date; nonsense counts as nothing."""
    given = reply.headers.get("retry-after", "").strip()
    if given.isascii() and given.isdigit():
        seconds = float(given[:9])
    else:
        try:
            seconds = parsedate_to_datetime(given).timestamp() - now_wall_seconds
        except (ValueError, OverflowError):
            return 0.0
    return min(max(0.0, seconds), _LONGEST_PAUSE_SECONDS)


def wait_seconds(failures: int, draw: float, first_seconds: float, cap_seconds: float, pause_seconds: float) -> float:
    """Full jitter after the cap, on top of what the server asked for; ``draw`` is uniform in [0, 1)."""
    return pause_seconds + draw * min(cap_seconds, first_seconds * 2.0 ** min(failures, 32))
