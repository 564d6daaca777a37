"""A certificate authority of the province's own, and its server's certificate; it reads and writes no file."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_AUTHORITY_DAYS = 7300
_EARLIER = timedelta(days=1)
"""Browsers whose clocks are behind shall not stay outside."""
_USES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate and its key, both PEM."""

    certificate: bytes
    key: bytes


def new_authority(name: str, now: datetime) -> Identity:
    """An authority for twenty years that signs servers and no other authority (RFC 5280, P-256)."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name)
    made = (
        _builder(subject, subject, key, now, _AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_use("key_cert_sign", "crl_sign"), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Identity(made.public_bytes(Encoding.PEM), _pem(key))


def new_server(authority: Identity, hosts: list[str], now: datetime, days: int) -> Identity:
    """A server's chain, the authority's own certificate at its end, and its key; ``hosts`` are names or addresses.

    Raises ValueError where the authority's key does not belong to its certificate, or cannot be read.
    """
    issuer = x509.load_pem_x509_certificate(authority.certificate)
    signing = load_pem_private_key(authority.key, password=None)
    if not isinstance(signing, ec.EllipticCurvePrivateKey) or signing.public_key() != issuer.public_key():
        raise ValueError("the authority's key does not belong to its certificate")
    key = ec.generate_private_key(ec.SECP256R1())
    made = (
        _builder(_name(hosts[0]), issuer.subject, key, now, days)
        .add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_use("digital_signature"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
        .sign(signing, hashes.SHA256())
    )
    return Identity(made.public_bytes(Encoding.PEM) + authority.certificate, _pem(key))


def hosts_of(chain: bytes) -> list[str]:
    """The names and addresses that a server's certificate stands for; raises ValueError."""
    certificate = x509.load_pem_x509_certificate(chain)
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        raise ValueError("the certificate names no server") from None
    return [str(name.value) for name in names]


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _use(*uses: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{use: use in uses for use in _USES})


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
