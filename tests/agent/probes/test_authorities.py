"""Whom TLS trusts: read once, not for each handshake, and again when it may have changed."""

import ssl

from agent.net import Authorities
from tests.peers.village import HandClock


async def test_authorities_are_read_again_after_an_hour_and_not_before() -> None:
    """Reading them takes longer than a handshake; a certificate store changes under an agent that runs for months."""
    clock = HandClock()
    authorities = Authorities(clock)
    first = await authorities.context(verify=True)
    await clock.move(3_599)
    again = await authorities.context(verify=True)
    await clock.move(2)
    later = await authorities.context(verify=True)

    assert first is again
    assert later is not first
    assert later.verify_mode is ssl.CERT_REQUIRED


async def test_what_takes_any_certificate_is_never_mixed_up_with_what_verifies() -> None:
    authorities = Authorities(HandClock())
    lenient = await authorities.context(verify=False)
    strict = await authorities.context(verify=True)

    assert (lenient.verify_mode, lenient.check_hostname) == (ssl.CERT_NONE, False)
    assert (strict.verify_mode, strict.check_hostname) == (ssl.CERT_REQUIRED, True)
