"""Who may come in and what is said to those who may not: it decides and answers nobody itself."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from shared.secret import Secret
from shared.wire.codec import BatchError, BatchTooLargeError, FutureVersionError

_SCHEME = "bearer "


class Reason(Enum):
    """Why a batch is refused: the label of the counter, with the HTTP status that says it."""

    UNKNOWN_AGENT = ("unknown_agent", 401)
    UNKNOWN_KEY = ("unknown_key", 401)
    SIGNATURE = ("signature", 401)
    REVOKED = ("revoked", 401)
    OLD_CHAIN = ("old_chain", 401)
    FOREIGN = ("foreign_agent", 403)
    CLONE = ("clone_suspected", 403)
    METHOD = ("method", 405)
    SLOW = ("slow", 408)
    SPARSE = ("sparse", 409)
    TOO_LARGE = ("too_large", 413)
    ENCODING = ("encoding", 415)
    FUTURE_VERSION = ("future_version", 415)
    MALFORMED = ("malformed", 400)
    EPOCHS = ("epochs", 429)
    ROTATIONS = ("rotations", 429)
    BUSY = ("busy", 503)
    DISK = ("disk", 503)

    def __init__(self, label: str, status: int) -> None:
        self.label = label
        self.status = status


@dataclass(slots=True, eq=False)
class Refusal(Exception):  # noqa: N818 - an answer, not an error of ours
    """A batch that is not taken; ``what`` is one line for the operator of the agent.

    Not frozen: whoever passes an exception on gives it its traceback.
    """

    reason: Reason
    what: str
    challenge: str = ""
    """What an enrolled agent must sign to show that it is not a replay."""
    retry_seconds: int = 0
    """After how long it may be sent again, where that is known better than by the settings."""


class Register:
    """The agents by the digests of their tokens: a look-up by digest tells nothing by its time."""

    def __init__(self, tokens: Mapping[str, Secret], sites: Mapping[str, str]) -> None:
        """Tokens and sites by the names of agents."""
        self._agents = {_digest(token.reveal()): (name, sites.get(name, "")) for name, token in tokens.items()}

    def agent(self, authorization: str) -> tuple[str, str]:
        """The agent, and its site, whose token stands in an ``Authorization`` header; raises :class:`Refusal`."""
        if not authorization.lower().startswith(_SCHEME):
            raise Refusal(Reason.UNKNOWN_AGENT, "no agent's token came with the batch")
        found = self._agents.get(_digest(authorization[len(_SCHEME) :].strip()))
        if found is None:
            raise Refusal(Reason.UNKNOWN_AGENT, "the token is not that of any agent: look at 'agents' in the settings")
        return found


def refusal_of(error: BatchError) -> Refusal:
    """What the codec found, as an answer."""
    if isinstance(error, BatchTooLargeError):
        return Refusal(Reason.TOO_LARGE, str(error))
    if isinstance(error, FutureVersionError):
        return Refusal(Reason.FUTURE_VERSION, str(error))
    return Refusal(Reason.MALFORMED, str(error))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
