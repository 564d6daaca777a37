"""A user's keys, localised to one engine: derivation and ciphers are pysnmp's, and no message is taken apart here."""

import hmac
from dataclasses import dataclass
from typing import Any, Final

from pyasn1.type.univ import OctetString
from pysnmp.proto.error import StatusInformation
from pysnmp.proto.secmod.rfc3414.service import SnmpUSMSecurityModel

from agent.probe import Credential
from agent.snmp.pysnmp_peer import AUTHENTICATION, PRIVACY

_DIGESTS: Final = {
    "MD5": ("md5", 12),
    "SHA": ("sha1", 12),
    "SHA-224": ("sha224", 16),
    "SHA-256": ("sha256", 24),
    "SHA-384": ("sha384", 32),
    "SHA-512": ("sha512", 48),
}
"""Hash and length of the digest on the wire (RFC 3414, section 6; RFC 7860, section 4)."""
AUTHENTICATED: Final = 1
ENCRYPTED: Final = 2


class CannotDecrypt(Exception):  # noqa: N818 - what devices send is no error of ours
    """The bytes were not encrypted with this key."""


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """The keys of one user with one engine."""

    hash_name: str
    digest_size: int
    authentication: bytes
    privacy: Any
    cipher: Any

    def digest(self, message: bytes, start: int) -> bytes:
        """Of a message whose own digest stands at ``start``; it is taken as zeros (RFC 3414, section 6.3.2)."""
        zeros = bytes(self.digest_size)
        blank = message[:start] + zeros + message[start + self.digest_size :]
        return hmac.digest(self.authentication, blank, self.hash_name)[: self.digest_size]

    def encrypt(self, boots: int, seconds: int, data: bytes) -> tuple[bytes, bytes]:
        """Encrypted bytes, and the salt that goes with them."""
        encrypted, salt = self.cipher.encrypt_data(self.privacy, (boots, seconds, None), data)
        return bytes(encrypted), bytes(salt)

    def decrypt(self, boots: int, seconds: int, salt: bytes, data: bytes) -> bytes:
        """Raises :class:`CannotDecrypt` where the salt is none; other bytes only look wrong."""
        try:
            return bytes(self.cipher.decrypt_data(self.privacy, (boots, seconds, OctetString(salt)), OctetString(data)))
        except StatusInformation:
            raise CannotDecrypt from None


class User:
    """A v3 credential as a user: its passphrases are stretched once, which takes milliseconds."""

    def __init__(self, credential: Credential) -> None:
        self.name = (credential.user or "").encode()
        self.level = AUTHENTICATED * bool(credential.authentication_key) | ENCRYPTED * bool(credential.privacy_key)
        self._authentication = credential.authentication
        self._identifier = AUTHENTICATION[credential.authentication]
        self._hasher: Any = SnmpUSMSecurityModel.AUTH_SERVICES[self._identifier]
        self._cipher: Any = SnmpUSMSecurityModel.PRIV_SERVICES[PRIVACY[credential.privacy]]
        self._master: Any = None
        self._secret: Any = None
        if credential.authentication_key is not None:
            self._master = self._hasher.hash_passphrase(OctetString(credential.authentication_key.reveal().encode()))
        if credential.privacy_key is not None:
            phrase = OctetString(credential.privacy_key.reveal().encode())
            self._secret = self._cipher.hash_passphrase(self._identifier, phrase)

    def localised(self, engine_id: bytes) -> Keys:
        """Keys that only the engine of this id has (RFC 3414, section 2.6)."""
        engine = OctetString(engine_id)
        name, size = _DIGESTS.get(self._authentication or "", ("", 0))
        authentication = b"" if self._master is None else bytes(self._hasher.localize_key(self._master, engine))
        privacy = None
        if self._secret is not None:
            privacy = OctetString(self._cipher.localize_key(self._identifier, self._secret, engine))
        return Keys(name, size, authentication, privacy, self._cipher)
