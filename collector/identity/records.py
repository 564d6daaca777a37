"""Invitations and keys as the rest of the collector sees them; they decide nothing."""

from enum import StrEnum

import msgspec


class KeyState(StrEnum):
    """Whether a key may send."""

    ACTIVE = "active"
    SUSPECT = "suspect"
    """Two machines seem to hold it; an operator decides."""
    ROTATED = "rotated"
    """Its successor has sent, or another took its place before it ever did: whoever still speaks with it is a copy."""
    REVOKED = "revoked"


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """A join code as the collector remembers it: enough to check it, too little to use it."""

    id: str
    """SHA-256 of its secret, hexadecimal."""
    verifier: bytes
    """Public half of the key that the secret stands for."""
    agent: str
    site: str
    expires_wall_ns: int


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A machine's key: to which agent and site it is bound, and whether it may send."""

    key_id: str
    public: bytes
    agent: str
    site: str
    state: KeyState
    enrolled_wall_ns: int
    predecessor: str = ""
    """The key that it takes the place of with its first batch."""


class Successor(msgspec.Struct, frozen=True, kw_only=True):
    """A key that a machine wants in the place of its present one."""

    key_id: str
    public: bytes
    enrolled_wall_ns: int


class Refused(StrEnum):
    """Why a code is not taken; one line for the person who typed it."""

    UNKNOWN = "the collector does not know this code: was it made here, and not revoked since?"
    USED = "this code was used already: ask for a new one"
    KNOWN = "this key was enrolled before: a new code wants a new key"
    EXPIRED = "this code has expired: ask for a new one"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a batch's chain value: ``chain`` is the next one, empty where the batch must not be taken.

    An active key without a next value presented an old one: a replay, or a copy of the machine.
    """

    state: KeyState
    chain: str = ""


class Later(msgspec.Struct, frozen=True, kw_only=True):
    """A key that is not made now: its agent had so many within a day."""

    keys: int
    wait_seconds: int


Rotation = tuple[Key, str] | Refused | Step | Later
"""The new key and what it presents first; or why there is none, a step without a next value among that."""
