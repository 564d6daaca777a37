"""How an agent proves who it is to the collector, and which answers it believes: by a token, any that fits."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from agent.uplink.answer import Reply
from shared.secret import Secret


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a request brings: records of this epoch from the first sequence to the last."""

    epoch: str
    first_sequence: int
    last_sequence: int


class Proof(Protocol):
    """Goes with a request and meets its answer; both are called in a thread that may wait for a disk."""

    def turn(self) -> AbstractContextManager[None]:
        """Held from the headers to the answer: nobody else speaks in this name meanwhile. Raises AwayError."""
        ...

    def headers(self, path: str, body: bytes, stamp: Stamp) -> dict[str, str]:
        """The headers that prove who posts this."""
        ...

    def believe(self, sent: dict[str, str], reply: Reply) -> Reply:
        """The answer to a request with these headers, as far as it is the collector's; or AwayError."""
        ...


class TokenProof:
    """A secret that both sides know; it says nothing of who answers."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def turn(self) -> AbstractContextManager[None]:
        """See :class:`Proof`; requests with a token do not depend on each other."""
        return nullcontext()

    def headers(self, path: str, body: bytes, stamp: Stamp) -> dict[str, str]:  # noqa: ARG002 - see Proof
        """See :class:`Proof`."""
        return {"Authorization": f"Bearer {self._token.reveal()}"}

    def believe(self, sent: dict[str, str], reply: Reply) -> Reply:  # noqa: ARG002 - see Proof
        """See :class:`Proof`."""
        return reply
