"""What an agent's probes find on the loopback: a resolver and a portal with a certificate; nothing is kept."""

import datetime as dt
import http.server
import ipaddress
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.flags
import dns.message
import dns.rrset
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAME = "portal.test"


class _Portal(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """A page as small as a login form."""
        page = b"<html>" + b"Cong Dich vu cong " * 500 + b"</html>"
        self.send_response(200)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Say nothing."""


@contextmanager
def portal(folder: Path) -> Iterator[tuple[int, Path]]:
    """A TLS portal at 127.0.0.1: its port, and a file of authorities, the system's and its own."""
    certificate, key = _self_signed()
    (folder / "portal.pem").write_bytes(key + certificate)
    system = ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt"
    known = Path(system).read_bytes() if Path(system).exists() else b""
    authorities = folder / "authorities.pem"
    authorities.write_bytes(known + certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "portal.pem")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Portal) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1], authorities
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def resolver() -> Iterator[int]:
    """A resolver at 127.0.0.1 that knows one address for every name: its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        asked.bind(("127.0.0.1", 0))
        end = os.urandom(16)
        thread = threading.Thread(target=_resolve, args=(asked, end))
        thread.start()
        try:
            yield asked.getsockname()[1]
        finally:
            asked.sendto(end, asked.getsockname())
            thread.join()


def _resolve(asked: socket.socket, end: bytes) -> None:
    while True:
        question, asker = asked.recvfrom(4096)
        if question == end:
            return
        try:
            query = dns.message.from_wire(question)
        except dns.exception.DNSException:
            continue
        answer = dns.message.make_response(query, recursion_available=True)
        answer.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "A", "127.0.0.1"))
        asked.sendto(answer.to_wire(), asker)


def _self_signed() -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now + dt.timedelta(2)
    )
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    signed = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False).sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return signed.public_bytes(serialization.Encoding.PEM), private
