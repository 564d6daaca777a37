"""A night on a file system with room for one copy of the inbox and not for two; run in a namespace, it prints JSON."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from collector.assembly import Collector
from collector.commands.backup import do_nightly_work
from collector.identity.room import open_identity_room
from collector.ingest.inbox import Parcel
from collector.ingest.sqlite import open_sqlite_inbox
from collector.people.look import Look
from collector.people.opening import open_door
from collector.people.readers import Readers
from collector.people.settings import PeopleSettings
from collector.settings import CollectorSettings, RetentionSettings
from collector.telemetry import Telemetry
from collector.wall.feed import Feed
from collector.web import Front
from shared.clock import SystemClock
from shared.logs import logger

NOW_NS = 1_700_000_000_000_000_000


class Night(SystemClock):
    """It stands."""

    def wall_ns(self) -> int:
        return NOW_NS


async def nothing(*_: object) -> None:
    raise AssertionError("no request is made at night")


async def night(state: Path) -> dict[str, Any]:
    """Twenty megabytes of batches on a disk of fifty-five."""
    settings = CollectorSettings(state=state, retention=RetentionSettings(disk_reserve_megabytes=1))
    async with open_sqlite_inbox(state / "inbox.sqlite") as inbox:
        for number in range(1, 21):
            body = os.urandom(1_000_000)
            await inbox.store(
                Parcel(agent="a", epoch="e", sequences=(number,), received_wall_ns=NOW_NS, body=body),
            )
        async with open_identity_room(state / "identity.sqlite") as keys:
            look = Look("test", "vi", ZoneInfo("Asia/Ho_Chi_Minh"))
            settled, clock, quiet = PeopleSettings(), Night(), logger("test")
            async with open_door(state / "people.sqlite", settled, Readers(()), clock, look, quiet) as people:
                telemetry, app = Telemetry("test"), Front({}, (), nothing)
                collector = Collector(app, Feed(), inbox, telemetry, asyncio.Future, keys, people)
                report = await do_nightly_work(collector, settings, Night())
    value = telemetry.registry.get_sample_value
    return {
        "why": report.read_back_only,
        "verified": value("phusong_collector_backup_verified_timestamp_seconds"),
        "restored": value("phusong_collector_backup_restored_timestamp_seconds"),
        "read_back": value("phusong_collector_backups_total", {"result": "read_back"}),
        "backups": sorted(path.name.partition("-")[0] for path in (state / "backups").iterdir()),
    }


def main() -> None:
    """Prints one JSON object."""
    with tempfile.TemporaryDirectory() as name:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=55m", "none", name], check=True)
        try:
            sys.stdout.write(json.dumps(asyncio.run(night(Path(name)))))
        finally:
            subprocess.run(["umount", name], check=True)


if __name__ == "__main__":
    main()
