"""A peer in pysnmp's words: its socket, its place, its user; nothing is asked here."""

import asyncio
from contextlib import suppress
from typing import Any

from pysnmp.hlapi.v3arch import asyncio as hlapi

from agent.probe import Credential
from agent.snmp.engine import HostUnreachable, Peer, PortClosed

AUTHENTICATION = {
    None: hlapi.USM_AUTH_NONE,
    "MD5": hlapi.USM_AUTH_HMAC96_MD5,
    "SHA": hlapi.USM_AUTH_HMAC96_SHA,
    "SHA-224": hlapi.USM_AUTH_HMAC128_SHA224,
    "SHA-256": hlapi.USM_AUTH_HMAC192_SHA256,
    "SHA-384": hlapi.USM_AUTH_HMAC256_SHA384,
    "SHA-512": hlapi.USM_AUTH_HMAC384_SHA512,
}
PRIVACY = {
    None: hlapi.USM_PRIV_NONE,
    "AES-128": hlapi.USM_PRIV_CFB128_AES,
    # net-snmp and most routers localise long keys as Blumenthal's draft says.
    "AES-192": hlapi.USM_PRIV_CFB192_AES_BLUMENTHAL,
    "AES-256": hlapi.USM_PRIV_CFB256_AES_BLUMENTHAL,
}


def connected(plain: type[Any], remote: tuple[str, int]) -> Any:
    """A transport that hears only ``remote``, and that keeps pysnmp's exceptions from the event loop."""

    class Connected(plain):  # type: ignore[misc]
        trouble: PortClosed | HostUnreachable | None = None

        def open_client_mode(self, iface: Any = None, allow_broadcast: bool = False) -> Any:  # noqa: ARG002
            opening = self.loop.create_datagram_endpoint(lambda: self, remote_addr=remote)
            self._lport = asyncio.ensure_future(opening)
            return self

        def datagram_received(self, datagram: bytes, transportAddress: Any) -> None:  # noqa: N803
            # What pysnmp cannot take is dropped, and the wait goes on.
            with suppress(Exception):
                self._callback_function(self, transportAddress, datagram)

        def error_received(self, error: OSError) -> None:
            self.trouble = (
                PortClosed("nobody listens on the port")
                if isinstance(error, ConnectionRefusedError)
                else HostUnreachable((error.strerror or str(error)).lower())
            )

    return Connected()


def target(ipv6: bool, peer: Peer, transport: Any, number: int) -> Any:
    """Where pysnmp sends: over this transport, which no other peer of the engine has."""
    plain = hlapi.Udp6TransportTarget if ipv6 else hlapi.UdpTransportTarget

    class Target(plain):  # type: ignore[misc,valid-type]
        # A domain of its own is what makes pysnmp open a socket of its own.
        TRANSPORT_DOMAIN = (*plain.TRANSPORT_DOMAIN, number)
        transport_address = (peer.address, peer.port, 0, 0) if ipv6 else (peer.address, peer.port)

        def open_client_mode(self) -> Any:
            self.transport = transport.open_client_mode()
            return transport

    # pysnmp's own patience is never reached: its timer follows the wall clock.
    return Target(timeout=60, retries=0)


def authentication(credential: Credential) -> Any:
    """A community or a user, as pysnmp wants it."""
    if credential.version != "3":
        community = credential.community.reveal() if credential.community else ""
        return hlapi.CommunityData(community, mpModel=0 if credential.version == "1" else 1)
    keys = credential.authentication_key, credential.privacy_key
    return hlapi.UsmUserData(
        credential.user or "",
        authKey=keys[0].reveal() if keys[0] else None,
        privKey=keys[1].reveal() if keys[1] else None,
        authProtocol=AUTHENTICATION[credential.authentication],
        privProtocol=PRIVACY[credential.privacy],
    )
