"""Gives the machine a new key after so many hours of work, counted on disk: no calendar, for its clock may be wrong."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from agent.identity.card import CardError
from agent.identity.enrol import EnrolError
from agent.identity.files import write_private
from agent.uplink.connection import AwayError
from shared.clock import Clock
from shared.logs import Limited

HOURS = 90 * 24
_HOUR_SECONDS = 3600.0


async def renew_regularly(state: Path, rotate: Callable[[], Awaitable[None]], clock: Clock, complain: Limited) -> None:
    """Count the hours until cancelled; after 90 days of work ``rotate`` is tried each hour until it works."""
    path = state / "identity" / "hours"
    hours = _hours(path)
    while True:
        await clock.sleep(_HOUR_SECONDS)
        hours += 1
        try:
            if hours >= HOURS:
                await rotate()
                hours = 0
            write_private(path, str(hours).encode())
        except (CardError, EnrolError, AwayError) as error:
            complain.warning("the machine's key could not be renewed, the one it has goes on", str(error))
        except OSError as error:
            complain.warning("the hours of the machine's key cannot be written", (error.strerror or str(error)).lower())


def _hours(path: Path) -> int:
    try:
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return 0
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
