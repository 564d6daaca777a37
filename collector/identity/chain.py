"""The chain of a key: each acknowledgement gives a value and the next request presents it; it draws and stores nothing.

A machine presents the newest value that it has, or the one before where the answer was lost or its disk took nothing.
Values given for the same presented one are siblings, as many as there may be: each is made of the request's own mark
and a root that belongs to the presented value, so that none has to be remembered. Once one of them is presented, the
others and all before are dead. So a disk that was copied is found as soon as both copies have sent twice, and
whatever the line doubles or loses is not.
"""

import hashlib
import hmac

import msgspec

_MARK_BYTES = 8
_CHECK_BYTES = 8


class Chain(msgspec.Struct, frozen=True, array_like=True):
    """``presented`` last, and the root of what is given for it; ``""`` takes any first value."""

    presented: str
    root: str = ""


def advance(chain: Chain, presented: str, mark: bytes, fresh: str) -> tuple[Chain, str] | None:
    """The chain after a request that presented this value, and the next value; None where it is an old one.

    ``mark`` names the request: the same request again has the same answer, so that replays change nothing.
    ``fresh`` is random: the root of a value that is presented for the first time.
    """
    is_next = bool(chain.root) and hmac.compare_digest(_given(chain.root, bytes.fromhex(presented)), presented)
    if chain.presented and presented != chain.presented and not is_next:
        return None
    if presented != chain.presented or not chain.root:
        chain = Chain(presented, fresh)
    return chain, _given(chain.root, mark)


def _given(root: str, mark: bytes) -> str:
    """The value for a request: the beginning of its mark, and what only the holder of the root can put behind it."""
    named = mark[:_MARK_BYTES]
    return (named + hmac.digest(root.encode(), named, hashlib.sha256)[:_CHECK_BYTES]).hex()
