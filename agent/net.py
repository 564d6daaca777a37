"""Connecting to a name or address with the time of each step; failures become outcomes here and nowhere else."""

import asyncio
import errno
import ipaddress
import socket
import ssl
from dataclasses import dataclass

from agent.probe import ProbeFailed
from shared.clock import Clock
from shared.wire.reading import Outcome

_UNREACHABLE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.ENONET})
_AUTHORITIES_KEPT_NS = 3600 * 1_000_000_000


@dataclass(frozen=True, slots=True)
class Destination:
    """A host name or address and a TCP port."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Connected:
    """An open connection and how long name resolution and handshake took, nanoseconds."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    address: str
    resolve_ns: int
    connect_ns: int


def split_port(address: str, default: int | None) -> tuple[str, int | None]:
    """Host and port of ``host``, ``host:port``, ``[v6]:port`` or a bare IPv6 address.

    Raises :class:`ProbeFailed` where the port is no number from 1 to 65535.
    """
    if address.startswith("["):
        host, _, rest = address[1:].partition("]")
        text = rest.removeprefix(":")
    elif address.count(":") == 1:
        host, _, text = address.partition(":")
    else:
        host, text = address, ""
    if not text:
        return host, default
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise ProbeFailed(Outcome.ERROR, f"{address}: '{text}' is no port (1 to 65535)")
    return host, int(text)


async def resolve(host: str, port: int) -> list[tuple[socket.AddressFamily, tuple[object, ...]]]:
    """Addresses of a host in the resolver's order; raises :class:`ProbeFailed` where there are none."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        raise ProbeFailed(Outcome.ERROR, f"{host}: the name does not resolve") from None
    return [(family, address) for family, _, _, _, address in found]


async def connect(destination: Destination, clock: Clock) -> Connected:
    """Connect to the first address of the destination; the caller sets the deadline."""
    begun_ns = clock.monotonic_ns()
    family, address = (await resolve(destination.host, destination.port))[0]
    resolved_ns = clock.monotonic_ns()
    try:
        reader, writer = await asyncio.open_connection(str(address[0]), destination.port, family=family)
    except ConnectionRefusedError:
        raise ProbeFailed(Outcome.REFUSED, f"port {destination.port} is closed") from None
    except ConnectionResetError:
        raise ProbeFailed(Outcome.REFUSED, f"port {destination.port} hung up") from None
    except OSError as error:
        raise unreachable(error) from None
    return Connected(reader, writer, str(address[0]), resolved_ns - begun_ns, clock.monotonic_ns() - resolved_ns)


def unreachable(error: OSError) -> ProbeFailed:
    """What the kernel said, as an outcome."""
    outcome = Outcome.UNREACHABLE if error.errno in _UNREACHABLE else Outcome.ERROR
    return ProbeFailed(outcome, (error.strerror or str(error)).lower())


def literal(host: str) -> list[tuple[socket.AddressFamily, tuple[object, ...]]]:
    """An IPv4 address as it is written, which needs no resolver; nothing for anything else."""
    try:
        socket.inet_pton(socket.AF_INET, host)
    except (OSError, ValueError):
        return []
    return [(socket.AF_INET, (host, 0))]


def one_host(address: str) -> None:
    """Raises :class:`ProbeFailed` for an address of no host or of many; 0.0.0.0 would reach this machine."""
    known = ipaddress.ip_address(address)
    if known.is_unspecified:
        raise ProbeFailed(Outcome.ERROR, f"{address}: stands for no host; give the address of one")
    if known.is_multicast:
        raise ProbeFailed(Outcome.ERROR, f"{address}: is a multicast address; give the address of one host")
    if address == "255.255.255.255":
        raise ProbeFailed(Outcome.ERROR, f"{address}: is the broadcast address; give the address of one host")


class Authorities:
    """Whom TLS connections trust: the system's certificate authorities, read again after an hour, for they change.

    Reading them takes 20 ms and more: in a thread, lest the loop stand still, and once, lest each handshake be charged.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._read: dict[bool, tuple[int, ssl.SSLContext]] = {}

    async def context(self, *, verify: bool) -> ssl.SSLContext:
        """A context for clients; one that takes any certificate where it is not to verify."""
        now_ns = self._clock.monotonic_ns()
        known = self._read.get(verify)
        if known is None or now_ns - known[0] > _AUTHORITIES_KEPT_NS:
            known = self._read[verify] = now_ns, await asyncio.to_thread(_trusting if verify else _trusting_all)
        return known[1]


def _trusting() -> ssl.SSLContext:
    return ssl.create_default_context()


def _trusting_all() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
