"""A program that is killed has lost nothing that it had reported as stored."""

import random
import select
import subprocess
import sys
from pathlib import Path

from agent.spool.opening import open_sqlite_spool
from agent.spool.quota import SpoolSettings

ROOT = Path(__file__).parents[3]
KILLS = 24


def told_until_killed(folder: Path, lines: int) -> list[int]:
    """Let the writer tell some lines, kill it at once, and give all that it had told by then."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.peers.killed_writer", str(folder)], cwd=ROOT, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        told = b""
        while told.count(b"\n") < lines:
            assert select.select([writer.stdout], [], [], 30)[0], "the writer fell silent"
            told += writer.stdout.read1()
        writer.kill()
        told += writer.stdout.read()
    return [int(line) for line in told.split(b"\n")[:-1]]


def test_nothing_that_was_stored_is_lost_by_kill_9(tmp_path: Path) -> None:
    draw = random.Random(7)
    stored: set[int] = set()
    acknowledged: set[int] = set()
    for _ in range(KILLS):
        told = told_until_killed(tmp_path, draw.randint(1, 60))
        stored |= {sequence for sequence in told if sequence > 0}
        acknowledged |= {-sequence for sequence in told if sequence < 0}
    with open_sqlite_spool(tmp_path, SpoolSettings()) as spool:
        waiting = {record.sequence: record.blob for record in spool.oldest(10**9, 10**9)}

    assert len(stored) > KILLS
    assert acknowledged
    assert not list(tmp_path.glob("*corrupt*"))
    assert stored - acknowledged - set(waiting) == set()
    assert len(set(waiting) - stored) <= KILLS, "at most one record a life was stored and not yet told"
    assert all(blob == f"record {sequence} ".encode() * 50 for sequence, blob in waiting.items())
