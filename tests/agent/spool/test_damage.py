"""Damage to the spool's file or its disk: it is set aside or survived, the loss is known, and it goes on."""

import contextlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from agent.spool.opening import open_sqlite_spool
from agent.spool.queue import CorruptSpoolError
from agent.spool.quota import SpoolSettings

ROOT = Path(__file__).parents[3]
PLENTY = 10**9


def filled(folder: Path, records: int = 300) -> Path:
    draw = random.Random(3)
    with open_sqlite_spool(folder, SpoolSettings()) as spool:
        for number in range(records):
            spool.put(draw.randbytes(300), number)
    return folder / "spool.sqlite"


def set_aside(folder: Path) -> list[Path]:
    return sorted(folder.glob("spool.sqlite.corrupt-????????"))


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        ("foreign", "not a database"),
        ("truncated", "malformed"),
        ("zeroed", "damaged"),
        ("future", "the file has format 99, this release reads 2"),
    ],
)
def test_a_file_that_is_no_spool_is_set_aside_with_a_word_and_a_new_one_begun(
    damage: str, why: str, tmp_path: Path
) -> None:
    told: list[str] = []
    path = filled(tmp_path)
    content = path.read_bytes()
    if damage == "foreign":
        path.write_bytes(b"GIF89a" + content[6:])
    elif damage == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "zeroed":
        path.write_bytes(content[:4096] + bytes(len(content) - 4096))
    else:
        with sqlite3.connect(path) as database:
            database.execute("PRAGMA user_version = 99")
            database.execute("UPDATE fact SET value = '99' WHERE name = 'readable_by'")
        database.close()
    with open_sqlite_spool(tmp_path, SpoolSettings(), lambda what, detail: told.append(f"{what}: {detail}")) as spool:
        assert spool.put(b"after", 1) == 1
        assert spool.backlog().records == 1

    assert len(set_aside(tmp_path)) == 1
    (line,) = told
    assert line.startswith("the spool cannot be read: it is set aside and a new one begun: ")
    assert why in line


def test_a_flipped_bit_costs_one_record_at_most_or_the_file_and_never_the_agent(tmp_path: Path) -> None:
    """Whatever bit flips: what is given out is what was put, and the loss is counted."""
    path = filled(tmp_path / "whole")
    content = path.read_bytes()
    with open_sqlite_spool(tmp_path / "whole", SpoolSettings()) as spool:
        put = {stored.sequence: stored.blob for stored in spool.oldest(PLENTY, PLENTY)}
    draw = random.Random(11)
    counted = 0
    for number in range(60):
        folder = tmp_path / f"flip-{number}"
        folder.mkdir()
        broken = bytearray(content)
        broken[draw.randrange(100, len(broken))] ^= 1 << draw.randrange(8)
        (folder / "spool.sqlite").write_bytes(broken)
        found, lost = {}, 0
        with open_sqlite_spool(folder, SpoolSettings()) as spool, contextlib.suppress(CorruptSpoolError):
            found = {stored.sequence: stored.blob for stored in spool.oldest(PLENTY, PLENTY)}
            lost = sum(gap.records for gap in spool.gaps())
        assert all(put.get(sequence) == blob for sequence, blob in found.items())
        assert set_aside(folder) or len(found) + lost == len(put)
        counted += lost
        shutil.rmtree(folder)

    assert counted > 10, "flips that never hit a record prove nothing"


def test_a_spool_that_another_agent_holds_is_not_taken_from_it(tmp_path: Path) -> None:
    path = filled(tmp_path, 3)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError, match="locked"), open_sqlite_spool(tmp_path, SpoolSettings()):
        pass
    holder.close()

    assert set_aside(tmp_path) == []


def test_a_file_that_breaks_while_it_is_in_use_is_set_aside_when_it_is_closed(tmp_path: Path) -> None:
    filled(tmp_path)
    with open_sqlite_spool(tmp_path, SpoolSettings()) as spool:
        spool.corrupt = True

    assert len(set_aside(tmp_path)) == 1


def test_on_a_full_disk_the_newest_are_kept_and_it_heals_by_itself() -> None:
    """A file system of its own, filled to the last byte by somebody else, then freed again."""
    words = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
    done = subprocess.run(
        [*words, sys.executable, "-m", "tests.peers.full_disk"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if "unshare:" in done.stderr or "mount:" in done.stderr:
        word = f"no file system of its own here: {done.stderr.splitlines()[0]}"
        pytest.fail(word) if os.environ.get("PHUSONG_REQUIRE_PEERS") else pytest.skip(word)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    lost = {n for first, last, _ in seen["gaps"] for n in range(first, last + 1)}

    assert (seen["ballast"], seen["overboard"], seen["again"]) == (True, True, True)
    assert seen["told"] == list(range(1, 1101))
    assert seen["refused"] == 0
    assert seen["acknowledged"]
    assert seen["kept_while_full"] > 50
    assert set(seen["waiting"]) | lost | {1000} == set(seen["told"])
    assert not lost & set(seen["waiting"])
    assert sum(records for _, _, records in seen["gaps"]) == len(lost) > 0
    assert max(lost) < min(seen["waiting"])
    assert seen["whole"]


def test_each_commit_reaches_the_disk_before_it_is_told(tmp_path: Path) -> None:
    """No kill shows the difference, a power cut does: NORMAL loses what was told, OFF breaks the file."""
    with open_sqlite_spool(tmp_path, SpoolSettings()) as spool:
        told = [spool._database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "journal_mode")]

    assert told == [2, "wal"]


def test_a_schema_whose_words_are_spoiled_and_a_file_that_was_emptied_are_set_aside(tmp_path: Path) -> None:
    """SQLite quotes the first in an error that Python cannot read, and takes the second for a new file."""
    schema, emptied = filled(tmp_path / "schema"), filled(tmp_path / "emptied")
    content = schema.read_bytes()
    schema.write_bytes(content.replace(b"CREATE TABLE record", b"CREATE TABL\xc1 record"))
    emptied.write_bytes(b"")
    for path in (schema, emptied):
        with open_sqlite_spool(path.parent, SpoolSettings()) as spool:
            assert spool.put(b"x", 1) == 1

        assert len(set_aside(path.parent)) == 1
