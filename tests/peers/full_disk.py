"""Fills a small file system of its own around a spool and tells what became of the records; run in a namespace."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from agent.spool.opening import open_sqlite_spool
from agent.spool.queue import SpoolError, SpoolFullError
from agent.spool.quota import SpoolSettings

BLOB = b"x" * 4000


def main() -> None:
    """Prints one JSON object."""
    with tempfile.TemporaryDirectory() as name:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "none", name], check=True)
        try:
            sys.stdout.write(json.dumps(scene(Path(name))))
        finally:
            subprocess.run(["umount", name], check=True)


def fill(path: Path) -> None:
    """Somebody else's file takes all that is left."""
    with path.open("wb", buffering=0) as file:
        try:
            for size in (65536, 1):
                while file.write(b"z" * size):
                    pass
        except OSError:
            pass
    with path.open("ab", buffering=0) as file:
        try:
            while file.write(b"z" * 512):
                pass
        except OSError:
            pass


def scene(disk: Path) -> dict[str, object]:
    """100 records with room, 900 with none, 100 with room again."""
    refused = 0
    with open_sqlite_spool(disk / "spool", SpoolSettings(quota_megabytes=32)) as spool:
        ballast = (disk / "spool" / "ballast").exists()
        told = [spool.put(BLOB, n) for n in range(100)]
        fill(disk / "filler")
        for n in range(900):
            try:
                told.append(spool.put(BLOB, n))
            except SpoolFullError:
                refused += 1
        try:
            spool.acknowledge([told[-1]], 1)
            acknowledged = True
        except SpoolError:
            acknowledged = False
        kept_while_full = len(spool.oldest(10**9, 10**9))
        overboard = not (disk / "spool" / "ballast").exists()
        (disk / "filler").unlink()
        told += [spool.put(BLOB, n) for n in range(100)]
        waiting = [stored.sequence for stored in spool.oldest(10**9, 10**9)]
        gaps = [(gap.first_sequence, gap.last_sequence, gap.records) for gap in spool.gaps()]
        again = (disk / "spool" / "ballast").exists()
    with open_sqlite_spool(disk / "spool", SpoolSettings(quota_megabytes=32)) as spool:
        reopened = [stored.sequence for stored in spool.oldest(10**9, 10**9)]
    return {
        "ballast": ballast,
        "overboard": overboard,
        "again": again,
        "told": told,
        "refused": refused,
        "acknowledged": acknowledged,
        "kept_while_full": kept_while_full,
        "waiting": waiting,
        "gaps": gaps,
        "whole": reopened == waiting and not list((disk / "spool").glob("*corrupt*")),
    }


if __name__ == "__main__":
    main()
