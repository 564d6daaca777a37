"""Which of the certificates that a server presents are of pinned authorities; it opens no connection and trusts nobody.

Importing this module loads the parser of certificates (3 MB), which a machine needs while it looks for its authority
and never again: it is imported where that is done.
"""

import hashlib
from collections.abc import Iterable

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.wire.joincode import PIN_BYTES


def pinned_among(presented: Iterable[bytes], pins: tuple[bytes, ...]) -> tuple[str, ...]:
    """PEM of those certificates (DER) that are authorities' and whose key is pinned; ValueError for what is none."""
    certificates = [x509.load_der_x509_certificate(der) for der in presented]
    found = [certificate for certificate in certificates if _pin(certificate) in pins and _is_authority(certificate)]
    return tuple(certificate.public_bytes(Encoding.PEM).decode("ascii") for certificate in found)


def _pin(certificate: x509.Certificate) -> bytes:
    spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).digest()[:PIN_BYTES]


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False
