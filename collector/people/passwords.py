"""Passwords by argon2id; it stores none, and comparing costs the same whether a name exists or not.

RFC 9106, section 4, second recommended choice: 3 passes, 64 MiB, 4 lanes, 16 bytes of salt, 32 of hash.
"""

import base64
import enum
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_LEAST = 12
_MOST_BYTES = 1024
_DISTINCT = 5
_TELLING = 4
"""A shorter name is found in many words by chance."""
_PASSES, _MEMORY_KIB, _LANES, _SALT_BYTES, _HASH_BYTES = 3, 65_536, 4, 16, 32


class Weakness(enum.StrEnum):
    """Why a password is not taken."""

    SHORT = "it has fewer than 12 characters"
    LONG = "it has more than 1024 bytes"
    PLAIN = "it has fewer than 5 different characters"
    NAME = "the name is in it"


class Passwords:
    """Makes and compares hashes; a comparison takes some 0.1 s of a core."""

    def __init__(self, passes: int = _PASSES, memory_kib: int = _MEMORY_KIB, lanes: int = _LANES) -> None:
        self._argon = PasswordHasher(passes, memory_kib, lanes, hash_len=_HASH_BYTES, salt_len=_SALT_BYTES)
        salt, nothing = (base64.b64encode(bytes(length)).decode().rstrip("=") for length in (_SALT_BYTES, _HASH_BYTES))
        # No password has this hash, and to find that out takes the whole work.
        self._decoy = f"$argon2id$v=19$m={memory_kib},t={passes},p={lanes}${salt}${nothing}"

    def make(self, password: str) -> str:
        """A hash with its parameters and a new salt."""
        return self._argon.hash(_normal(password))

    def right(self, made: str | None, password: str) -> bool:
        """Whether this is the password of the hash; False after as much work where there is no hash."""
        try:
            return self._argon.verify(made or self._decoy, _normal(password)) and made is not None
        except (VerificationError, InvalidHashError):
            return False

    def outdated(self, made: str) -> bool:
        """Whether a hash has other parameters than today's."""
        return self._argon.check_needs_rehash(made)


def weakness(password: str, name: str) -> Weakness | None:
    """Why a person of this name may not have this password."""
    normal = _normal(password)
    if len(normal) < _LEAST:
        return Weakness.SHORT
    if len(normal.encode()) > _MOST_BYTES:
        return Weakness.LONG
    if len(set(normal)) < _DISTINCT:
        return Weakness.PLAIN
    return Weakness.NAME if len(name) >= _TELLING and name.casefold() in normal.casefold() else None


def _normal(password: str) -> str:
    """One form for what keyboards compose differently, as Vietnamese ones do (SP 800-63B, 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password).encode(errors="replace").decode()
