"""Writes to a spool and tells what it did until somebody kills it: N is stored, -N is about to be acknowledged."""

import os
import sys
from pathlib import Path

from agent.spool.opening import open_sqlite_spool
from agent.spool.quota import SpoolSettings


def main() -> None:
    """Each record's bytes follow from its sequence, so that a reader can tell what is whole."""
    with open_sqlite_spool(Path(sys.argv[1]), SpoolSettings()) as spool:
        done = 0
        while True:
            newest = spool.newest()
            following = (newest.sequence if newest else 0) + 1
            sequence = spool.put(f"record {following} ".encode() * 50, following)
            os.write(1, f"{sequence}\n".encode())
            done += 1
            if done % 7 == 0:
                os.write(1, f"-{sequence - 5}\n".encode())
                spool.acknowledge([sequence - 5], following)


if __name__ == "__main__":
    main()
