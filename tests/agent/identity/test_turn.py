"""One request at a time speaks with a machine's key: of threads and of programs; nobody waits for ever."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from agent.identity.turn import turn
from agent.uplink.connection import AwayError

HOLD = "import sys; from pathlib import Path; from agent.identity.turn import turn\n"
HOLD += "with turn(Path(sys.argv[1]), 5.0): print('mine', flush=True); sys.stdin.read()"


def test_a_thread_waits_for_the_other_and_not_for_ever(tmp_path: Path) -> None:
    order, inside = [], threading.Event()

    def other() -> None:
        with turn(tmp_path, 20.0):
            order.append("other")

    with turn(tmp_path, 1.0):
        waiting = threading.Thread(target=other)
        waiting.start()
        with (
            pytest.raises(AwayError, match="another request with this machine's key is under way"),
            turn(tmp_path, 0.1),
        ):
            inside.set()
        order.append("first")
    waiting.join()

    assert order == ["first", "other"]
    assert not inside.is_set()


def test_a_program_that_is_killed_holds_nobody_up(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"mine\n"
        with pytest.raises(AwayError), turn(tmp_path, 0.1):
            pass
        holder.kill()
        holder.wait()

    with turn(tmp_path, 0.1):
        pass


def test_where_there_is_nothing_to_hold_nobody_waits(tmp_path: Path) -> None:
    with turn(tmp_path / "nowhere", 0.1), turn(tmp_path / "nowhere", 0.1):
        pass
