"""What an inbox's file says of itself, read with plain SQL beside the code that wrote it; it changes nothing."""

import sqlite3

from collector.ingest.ranges import Ranges


def ever_stored(database: sqlite3.Connection) -> dict[str, Ranges]:
    """The sequences that were ever stored of each agent, by the inbox's own book."""
    runs: dict[str, list[tuple[int, int]]] = {}
    for agent, first, last in database.execute("SELECT agent, first, last FROM run ORDER BY agent, first"):
        runs.setdefault(agent, []).append((first, last))
    return {agent: tuple(found) for agent, found in runs.items()}
