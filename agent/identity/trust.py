"""Whom the machine takes for its collector: an authority whose key the join code pins, or the system's authorities.

A pinned authority is found in what the server presents; that connection carries the handshake and not one byte more.
Every other connection verifies the chain up to that authority, and the name. The time in certificates counts for
nothing there: a clock that begins in 1970 must not lock a machine out, and a pin ends by another pin. Where nobody is
pinned it counts unless the machine's clock cannot be right.
"""

import contextlib
import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from agent.identity.card import Card, CardError, card_path, read_card, write_card
from agent.identity.turn import turn
from agent.uplink.connection import AwayError, Way, connection_to, heed_time, in_a_line
from agent.uplink.http import UplinkSettings, make_tls


class TrustError(Exception):
    """The server is not the collector that the join code names; one line."""


def public_tls(*, doubts_clock: bool = False) -> ssl.SSLContext:
    """TLS that trusts the system's authorities."""
    context = ssl.create_default_context()
    heed_time(context, heed=not doubts_clock)
    return context


def pinned_tls(authorities: Iterable[str]) -> ssl.SSLContext:
    """TLS that trusts these authorities (PEM) and no other, whatever the clock says."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    heed_time(context, heed=False)
    context.load_verify_locations(cadata="".join(authorities))
    return context


def card_tls(card: Card, settings: UplinkSettings, *, doubts_clock: bool = False) -> ssl.SSLContext | None:
    """TLS as the machine's card says, or the settings where its code pinned nobody; None for plain HTTP."""
    if card.authorities:
        return pinned_tls(card.authorities)
    context = make_tls(settings)
    if context is not None:
        heed_time(context, heed=not doubts_clock)
    return context


def renewed_tls(state: Path, way: Way) -> ssl.SSLContext | None:
    """TLS that trusts the authority which took the place of the old one, where a pin of the card foresaw it.

    None where nothing changed; raises AwayError where the server is nobody's whom the card pins.
    """
    try:
        card = read_card(state)
        if card is None or not card.pins:
            return None
        found = find_authorities(way, card.pins)
    except (CardError, TrustError) as error:
        raise AwayError(str(error)) from None
    if set(found) <= set(card.authorities):
        return None
    both = tuple(dict.fromkeys((*card.authorities, *found)))
    _keep(state, both, way.timeout_seconds)
    return pinned_tls(both)


def _keep(state: Path, authorities: tuple[str, ...], seconds: float) -> None:
    """Into the card as it is now: it may have another key meanwhile. A disk that takes nothing: found again later."""
    with contextlib.suppress(OSError, CardError, AwayError), turn(card_path(state).parent, seconds):
        card = read_card(state)
        if card is not None:
            write_card(state, msgspec.structs.replace(card, authorities=authorities))


def find_authorities(way: Way, pins: tuple[bytes, ...]) -> tuple[str, ...]:
    """Certificates (PEM) of the pinned authorities, as the server presents them.

    Raises :class:`TrustError` where it presents none of them, :class:`AwayError` where there is no server.
    """
    # Only a machine that looks for its authority needs the parser, and that is heavy.
    from agent.identity.certificates import pinned_among  # noqa: PLC0415

    try:
        found = pinned_among(_presented(way), pins)
    except ValueError:
        raise TrustError("the server presents a certificate that cannot be read") from None
    if not found:
        raise TrustError(
            "the server is not the collector of this code: none of its certificates is of the authority that the code"
            " names (is something in between opening TLS? does the server send its authority's certificate?)"
        )
    return found


def _presented(way: Way) -> list[bytes]:
    looking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    looking.minimum_version = ssl.TLSVersion.TLSv1_2
    looking.check_hostname = False
    looking.verify_mode = ssl.CERT_NONE  # to look at what is presented: nothing is sent, nothing believed
    connection = connection_to(way, looking)
    try:
        connection.connect()
        return _chain(connection.sock)
    except OSError as error:
        raise AwayError(in_a_line(error)) from None
    finally:
        connection.close()


def _chain(line: Any) -> list[bytes]:
    """DER of what the server sent; Python has a public name for this from 3.13 on."""
    if hasattr(line, "get_unverified_chain"):
        return list(line.get_unverified_chain())
    inner = line._sslobj.get_unverified_chain()  # noqa: SLF001 - the only way up to 3.12
    return [ssl.PEM_cert_to_DER_cert(certificate.public_bytes()) for certificate in inner or ()]
