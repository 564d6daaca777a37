"""Links that prove who opens them, by HMAC over what they are for, whom and until when; nothing is stored for them."""

import hmac
import re
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Literal

import msgspec

from shared.secret import Secret

_MINUTE_NS = 60 * 1_000_000_000
_MAC_BYTES = 12
"""96 bits: each guess is a request, and a token has to fit into an SMS."""
_FORM = re.compile(r"(-?\d{1,15})\.([0-9a-z]{1,8})\.([a-z0-9_-]{0,32})\.([A-Za-z0-9_-]{16})")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
Purpose = Literal["acknowledge", "receipt"]


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """What a link is good for."""

    number: int
    """Of the incident."""
    person: str
    """Key in the roster; the channel of a receipt; empty for whoever reads a place's messages."""


def token(key: Secret, purpose: Purpose, number: int, person: str, expires_ns: int) -> str:
    """The last part of a link, about 35 characters."""
    minute = _base36(-(-expires_ns // _MINUTE_NS))
    return f"{number}.{minute}.{person}.{_mac(key, purpose, number, person, minute)}"


def grant(key: Secret, purpose: Purpose, given: str, now_ns: int) -> Grant | None:
    """What a token is good for; None where it is wrong, for something else, or has expired."""
    found = _FORM.fullmatch(given)
    if found is None:
        return None
    number, person = int(found[1]), found[3]
    right = hmac.compare_digest(_mac(key, purpose, number, person, found[2]), found[4])
    if not right or int(found[2], 36) * _MINUTE_NS < now_ns:
        return None
    return Grant(number=number, person=person)


def _mac(key: Secret, purpose: str, number: int, person: str, minute: str) -> str:
    said = f"phusong\n{purpose}\n{number}\n{person}\n{minute}".encode()
    return urlsafe_b64encode(hmac.digest(key.reveal().encode(), said, sha256)[:_MAC_BYTES]).decode()


def _base36(value: int) -> str:
    digits = ""
    while value:
        value, digit = divmod(value, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"
