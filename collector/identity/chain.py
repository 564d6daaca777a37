"""The chain of a key: each acknowledgement gives a value and the next batch presents it; it draws and stores nothing.

A machine presents the newest value that it has, or the one before where the acknowledgement was lost. Values given in
answer to the same presented one are siblings; once one of them is presented, the others and all before are dead. So a
disk that was copied is found as soon as both copies have sent twice, and whatever the line doubles or loses is not.
"""

import msgspec

_SIBLINGS = 64
"""Answers to one value that may have been lost; more than tries of a week of outage at the cap of the back-off."""


class Chain(msgspec.Struct, frozen=True, array_like=True):
    """``presented`` last, and what was given for it: (mark of the request, value); ``""`` takes any first value."""

    presented: str
    given: tuple[tuple[bytes, str], ...] = ()


def advance(chain: Chain, presented: str, mark: bytes, fresh: str) -> tuple[Chain, str] | None:
    """The chain after a batch that presented this value, and the next value; None where it is an old one.

    ``mark`` names the request: the same request again has the same answer, so that replays change nothing.
    ``fresh`` is a new random value.
    """
    if chain.presented and presented != chain.presented:
        if not any(value == presented for _, value in chain.given):
            return None
        chain = Chain(presented)
    if not chain.presented:
        chain = Chain(presented)
    for seen, value in chain.given:
        if seen == mark:
            return chain, value
    return Chain(chain.presented, (*chain.given, (mark, fresh))[-_SIBLINGS:]), fresh
