"""Pins of certificate authorities: by which a join code names whom to trust; it verifies no certificate."""

import hashlib
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.wire.joincode import PIN_BYTES


def pin_of(path: Path) -> bytes:
    """First bytes of the SHA-256 of the authority's public key (SPKI).

    Raises OSError, or ValueError where the file holds no authority's certificate in PEM.
    """
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        is_authority = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (ValueError, x509.ExtensionNotFound):
        raise ValueError(f"{path}: no certificate of an authority in PEM") from None
    if not is_authority:
        raise ValueError(f"{path}: the certificate is a server's, not its authority's")
    spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).digest()[:PIN_BYTES]
