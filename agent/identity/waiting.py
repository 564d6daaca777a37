"""A machine whose card cannot be read: it measures and keeps all, sends nothing, and says how to mend that."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from agent.identity.card import Card, CardError, card_path, mend_card, read_card
from agent.identity.turn import turn
from agent.uplink.answer import Reply
from agent.uplink.connection import AwayError
from agent.uplink.http import Post
from agent.uplink.proof import Stamp

_TURN_SECONDS = 20.0


class WaitingPost:
    """See :class:`agent.uplink.http.Post`; looks at each try whether somebody has mended the card."""

    def __init__(self, state: Path, make: Callable[[Card], Post]) -> None:
        self._state = state
        self._make = make
        self._post: Post | None = None

    async def __call__(self, body: bytes, stamp: Stamp) -> Reply:
        """Send once, where there is a card."""
        if self._post is None:
            self._post = await asyncio.to_thread(self._look)
        return await self._post(body, stamp)

    def _look(self) -> Post:
        try:
            card = read_card(self._state)
            if card is None:
                raise AwayError("the machine's card is gone")
            return self._make(card)
        except (CardError, OSError, ValueError) as error:
            raise AwayError(str(error)) from None


def look_after(state: Path, fault: str, log: logging.Logger) -> None:
    """At a start: say what is wrong with the card, and mend what can be mended without losing anything."""
    if fault:
        log.error("the machine's card: %s", fault)
    try:
        with turn(card_path(state).parent, _TURN_SECONDS):
            mend_card(state)
    except CardError:
        return
    except (OSError, AwayError) as error:
        log.warning("the machine's card cannot be written a second time: %s", error)
