"""An inbox whose disk has no room goes on by forgetting its oldest: counted, and never what a start reads back."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from collector.disk import Disk
from collector.ingest.inbox import InboxFailedError, Parcel
from collector.ingest.shortage import Shortage
from collector.ingest.sqlite import SqliteInbox, open_sqlite_inbox

BODY = bytes(50_000)
HOUR_NS = 3_600_000_000_000
MORE_THAN_ANY = 1 << 62


@dataclass
class Scene:
    """An inbox with forty batches of an hour ago; ``told`` is what was forgotten early, and whether it was wanted."""

    inbox: SqliteInbox
    disk: Disk
    file: Path
    told: list[tuple[int, bool]] = field(default_factory=list)
    next: int = 1

    async def store(self, batches: int) -> None:
        for _ in range(batches):
            received = HOUR_NS if self.next > 40 else 0
            await self.inbox.store(
                Parcel(agent="a", epoch="e", sequences=(self.next,), received_wall_ns=received, body=BODY)
            )
            self.next += 1

    async def kept(self) -> list[int]:
        return [number for parcel in await self.inbox.since(0) for number in parcel.fresh]

    def fills_up(self) -> None:
        self.disk._reserve_bytes = MORE_THAN_ANY

    def is_emptied(self) -> None:
        self.disk._reserve_bytes = 0


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    disk, told = Disk(tmp_path, 0, ballast_bytes=4096), list[tuple[int, bool]]()
    shortage = Shortage(disk, lambda parcels, wanted: told.append((parcels, wanted)), lambda: HOUR_NS)
    async with open_sqlite_inbox(tmp_path / "inbox.sqlite", shortage) as inbox:
        made = Scene(inbox, disk, tmp_path / "inbox.sqlite", told)
        await made.store(40)
        yield made


async def test_the_file_grows_no_more_and_the_oldest_make_room_for_the_newest(scene: Scene) -> None:
    await scene.inbox._do(lambda database: database.execute("SELECT 1").fetchall())
    before = scene.file.stat().st_size
    scene.fills_up()
    await scene.store(30)

    kept = await scene.kept()
    assert kept == list(range(kept[0], 71))
    assert 25 < kept[0] <= 41
    assert sum(parcels for parcels, _ in scene.told) == kept[0] - 1
    assert scene.file.stat().st_size <= before + 4 * 1024 * 1024
    scene.is_emptied()
    await scene.store(60)
    assert (await scene.kept())[0] == kept[0], "with room again nothing more is forgotten"


async def test_what_was_forwarded_goes_first_and_what_was_not_is_told_apart(scene: Scene) -> None:
    scene.inbox.keep_behind(lambda: 10)
    scene.fills_up()
    await scene.store(4)
    early = list(scene.told)
    assert early
    assert not any(wanted for _, wanted in early)
    await scene.store(20)

    assert any(wanted for _, wanted in scene.told)
    assert sum(parcels for parcels, wanted in scene.told if not wanted) == 10


async def test_what_a_start_reads_back_is_not_forgotten_and_the_batch_is_refused(scene: Scene) -> None:
    """Then the agents keep what they have; the collector takes it as soon as there is room, without a restart."""
    scene.fills_up()
    with pytest.raises(InboxFailedError, match="full"):
        await scene.store(200)
    assert "full" in scene.inbox.failing
    refused, kept = scene.next, await scene.kept()
    assert min(kept) > 40
    assert "full" in scene.inbox.failing, "that it can be read makes it no better"
    scene.is_emptied()
    await scene.store(1)

    assert await scene.kept() == [*kept, refused]
    assert scene.inbox.failing == ""


async def test_old_bodies_go_in_portions_and_agents_have_their_turn_between_two(tmp_path: Path) -> None:
    """A day's worth in one transaction shut the agents out, and did not fit on a full disk."""
    async with open_sqlite_inbox(tmp_path / "inbox.sqlite") as inbox:
        rows = [("a", n, b"\x90", b"x") for n in range(2600)]
        insert = "INSERT INTO parcel (agent, received_wall_ns, fresh, body) VALUES (?, ?, ?, ?)"
        await inbox._do(lambda database: database.executemany(insert, rows))
        pruning = asyncio.create_task(inbox.prune(2500))
        served = 0
        while not pruning.done():
            served += 1
            parcel = Parcel(agent="b", epoch="e", sequences=(served,), received_wall_ns=5000, body=b"y")
            await inbox.store(parcel)

        assert await pruning == 2500
        assert served >= 5
