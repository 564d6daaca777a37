"""``dead-letters``: what the collector refused for good, and how it is sent once more; it judges no record."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from agent.probes import load_probes
from agent.settings import load_agent_settings
from agent.spool.opening import open_sqlite_spool
from agent.spool.queue import Letter, SpoolError
from agent.spool.settled import bring_back, letters
from shared.ownership import StateTakenError, owned
from shared.printable import printable
from shared.settings import SettingsError

_INPUT_IS_WRONG = 2
_SECOND_NS = 1_000_000_000


def dead_letters(config: Path, *, resend: bool) -> int:
    """Show them, or let them wait again; 0 done, 1 failed, 2 the input is wrong. Not while the agent runs."""
    try:
        file = load_agent_settings(config, load_probes()).file
        folder = file.state / "spool"
        if not (folder / "spool.sqlite").exists():
            print(f"phusong-agent: {folder}: there is no spool yet", file=sys.stderr)
            return 1
        with owned(file.state), owned(folder), open_sqlite_spool(folder, file.spool) as spool:
            found = spool.by_hand(letters)
            print("\n".join(_row(letter) for letter in found) or "no dead letters")
            if resend and found:
                back = spool.by_hand(bring_back)
                left = f"; nothing is kept of {len(found) - back}" if back < len(found) else ""
                print(f"{back} wait again and go with the next batches{left}")
    except SettingsError as error:
        print("\n".join(error.problems), file=sys.stderr)
        return _INPUT_IS_WRONG
    except BrokenPipeError:
        raise  # who read the list has left: that is no fault of the spool
    except (OSError, SpoolError, StateTakenError) as error:
        print(f"phusong-agent: {error}", file=sys.stderr)
        return 1
    return 0


def _row(letter: Letter) -> str:
    at = f"{datetime.fromtimestamp(letter.at_wall_ns / _SECOND_NS, UTC):%Y-%m-%d %H:%M:%SZ}"
    return (
        f"{letter.sequence:>10}  {at if letter.at_wall_ns else '?':20}  {letter.bytes:>8} B  {printable(letter.reason)}"
    )
