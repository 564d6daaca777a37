"""The join code as staff type it from paper: letters that cannot be mistaken, and a check letter in each group of five.

Crockford's base32 (no I, L, O, U). The bytes are a head (version, scheme, number of pins), the collector's address and
the site, each with its length, the pins, the secret, and the first three bytes of the SHA-256 of all that.
"""

import hashlib
import re
from dataclasses import dataclass

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PIN_BYTES = 12
SECRET_BYTES = 16
_VERSION = 1
_DATA = 4
_GROUP = _DATA + 1
_CHECK_BYTES = 3
_PLAIN = 0x08
_MOST_PINS = 2
_LONGEST_TEXT = 100
_LONGEST_CODE = 600
_SAME = str.maketrans("OIL", "011")


class CodeError(Exception):
    """The code cannot be right; the message is one line that names the place."""


@dataclass(frozen=True, slots=True)
class JoinCode:
    """What a code holds."""

    address: str
    """``https://host`` or ``http://host``, with ``:port`` where it is not the scheme's."""
    site: str
    pins: tuple[bytes, ...]
    """First 12 bytes of the SHA-256 of the public keys (SPKI) of the authorities to trust; public ones where empty."""
    secret: bytes

    def __repr__(self) -> str:
        return f"JoinCode({self.address!r}, {self.site!r})"


def encode(code: JoinCode) -> str:
    """The code in groups, separated by single spaces; raises :class:`CodeError` where something is too long."""
    scheme, _, host = code.address.partition("://")
    texts = [host.encode(), code.site.encode()]
    if scheme not in {"http", "https"} or max(map(len, texts)) > _LONGEST_TEXT or len(code.pins) > _MOST_PINS:
        raise CodeError("the address must be https://host of at most 100 bytes, the site's id as short")
    head = bytes((_VERSION << 4 | (_PLAIN if scheme == "http" else 0) | len(code.pins),))
    plain = head + b"".join(bytes((len(text),)) + text for text in texts) + b"".join(code.pins) + code.secret
    plain += hashlib.sha256(plain).digest()[:_CHECK_BYTES]
    bits = "".join(f"{byte:08b}" for byte in plain)
    bits += "0" * (-len(bits) % (5 * _DATA))
    digits = [int(bits[place : place + 5], 2) for place in range(0, len(bits), 5)]
    groups = [digits[place : place + _DATA] for place in range(0, len(digits), _DATA)]
    return " ".join("".join(LETTERS[d] for d in [*group, _check(n, group)]) for n, group in enumerate(groups))


def decode(text: str) -> JoinCode:
    """What was typed: any case, any spacing, O for 0 and I or L for 1; raises :class:`CodeError`."""
    groups = _groups(text)
    digits: list[int] = []
    for number, group in enumerate(groups):
        values = [LETTERS.find(letter) for letter in group]
        if -1 in values:
            raise CodeError(f"group {number + 1} ({group}): {group[values.index(-1)]!a} is in no code")
        if len(group) != _GROUP or _check(number, values[:_DATA]) != values[_DATA]:
            raise CodeError(f"group {number + 1} ({group}) is mistyped")
        digits += values[:_DATA]
    return _parse(digits)


def _groups(text: str) -> list[str]:
    """As they were typed where each has its length, otherwise cut anew."""
    if len(text) > _LONGEST_CODE:
        raise CodeError(f"{len(text)} letters are no join code")
    words = re.sub(r"[-_.,;\s]+", " ", text).strip().upper().translate(_SAME).split(" ")
    if all(len(word) == _GROUP for word in words):
        return words
    joined = "".join(words)
    if len(joined) % _GROUP == 0:
        return [joined[place : place + _GROUP] for place in range(0, len(joined), _GROUP)]
    for number, word in enumerate(words):
        if len(words) > 1 and len(word) != _GROUP:
            raise CodeError(f"group {number + 1} ({word[:20]}) has {len(word)} letters, not {_GROUP}")
    raise CodeError(f"{len(joined)} letters: a code has groups of {_GROUP}, some are missing or too many")


def _parse(digits: list[int]) -> JoinCode:
    bits = "".join(f"{digit:05b}" for digit in digits)
    whole = bytes(int(bits[place : place + 8], 2) for place in range(0, len(bits) - 7, 8))
    if not whole or whole[0] >> 4 != _VERSION:
        raise CodeError("this is no join code that this release knows")
    place, texts = 1, []
    for _ in range(2):
        length = whole[place] if place < len(whole) else 0
        texts.append(whole[place + 1 : place + 1 + length])
        place += 1 + length
    pins = [whole[place + n * PIN_BYTES : place + (n + 1) * PIN_BYTES] for n in range(whole[0] & 0x07)]
    place += len(pins) * PIN_BYTES
    end = place + SECRET_BYTES
    if whole[end : end + _CHECK_BYTES] != hashlib.sha256(whole[:end]).digest()[:_CHECK_BYTES]:
        raise CodeError("groups are missing, or not in their order")
    scheme = "http" if whole[0] & _PLAIN else "https"
    host, site = (text.decode("utf-8", "replace") for text in texts)
    return JoinCode(f"{scheme}://{host}", site, tuple(pins), whole[place:end])


def _check(number: int, digits: list[int]) -> int:
    """Over GF(32): finds each wrong letter, each pair that changed places, and groups that did."""
    total = number % 31 + 1
    for digit in digits:
        total = _double(total ^ digit)
    return total


def _double(value: int) -> int:
    value <<= 1
    return value ^ 0b100101 if value & 0b100000 else value
