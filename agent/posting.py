"""Which sender a machine has: by its card, by a token, or one that waits until it has a card; it sends nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import cast

import msgspec

from agent.identity.card import Card
from agent.identity.proof import KeyProof
from agent.identity.trust import card_tls, renewed_tls
from agent.identity.waiting import WaitingPost
from agent.settings import AgentSettings
from agent.uplink.http import HttpPost, Post, make_tls
from agent.uplink.meter import Meter
from agent.uplink.proof import TokenProof
from shared.logs import Limited
from shared.secret import Secret, header_problem, read_secret


def make_post(
    settings: AgentSettings,
    complain: Limited,
    meter: Meter | None = None,
    doubts_clock: Callable[[], bool] | None = None,
) -> Post:
    """The sender with what proves who it is; raises OSError or ValueError where a file does not hold what it should."""
    uplink, card = settings.file.uplink, settings.card
    if card is None and settings.card_fault:
        return WaitingPost(settings.file.state, lambda found: _keyed(settings, found, complain, meter, doubts_clock))
    if card is None:
        token = uplink.token or _token_in(cast("Path", uplink.token_file))
        return HttpPost(uplink.way(), TokenProof(token), make_tls(uplink), meter=meter, doubts_clock=doubts_clock)
    return _keyed(settings, card, complain, meter, doubts_clock)


def _token_in(path: Path) -> Secret:
    token = read_secret(path)
    if problem := header_problem(token):
        raise ValueError(f"{path}: {problem}")
    return token


def _keyed(
    settings: AgentSettings,
    card: Card,
    complain: Limited,
    meter: Meter | None,
    doubts_clock: Callable[[], bool] | None,
) -> HttpPost:
    uplink, state = msgspec.structs.replace(settings.file.uplink, url=card.url), settings.file.state
    way = uplink.way()
    proof, tls = KeyProof(state, card, complain), card_tls(card, uplink)
    dated = None if card.authorities else doubts_clock
    return HttpPost(way, proof, tls, lambda: renewed_tls(state, way), meter, doubts_clock=dated)
