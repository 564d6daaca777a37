"""What stands on a machine's door: its name and site in a file beside the secrets, for when those are damaged.

Without it a machine whose card cannot be read would not know of what site its readings are.
"""

from pathlib import Path

import msgspec

from agent.identity.files import write_private


class Plate(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing of it is secret, and nothing of it is believed by the collector."""

    agent: str
    site: str
    url: str


def plate_path(state: Path) -> Path:
    """Where it is: not in the folder of the card."""
    return state / "site.json"


def read_plate(state: Path) -> Plate | None:
    """What was written; None where it cannot be read."""
    try:
        return msgspec.json.decode(plate_path(state).read_bytes(), type=Plate)
    except (OSError, ValueError, msgspec.DecodeError):
        return None


def write_plate(state: Path, plate: Plate) -> None:
    """Write it where it says something else; raises OSError."""
    if read_plate(state) != plate:
        write_private(plate_path(state), msgspec.json.encode(plate))
