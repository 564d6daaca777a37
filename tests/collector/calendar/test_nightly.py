"""The nightly work: a backup that was read back, and old bodies go even in a night without one."""

import asyncio
import itertools
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from dataclasses import is_dataclass
from dataclasses import replace as of_dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from collector.assembly import Collector
from collector.calendar.nightly import NightReport, leftovers, superfluous, verify_backup
from collector.commands.backup import do_nightly_work
from collector.commands.rehearsal import RehearsalError, rehearse
from collector.copying import Tally, copy_database
from collector.disk import NoRoomError
from collector.identity.book import open_book
from collector.identity.room import open_identity_room
from collector.ingest.inbox import Parcel
from collector.ingest.sqlite import SqliteInbox, open_sqlite_inbox
from collector.inventory.site import Inventory, Site
from collector.inventory.versions import Deed, open_versions
from collector.people.book import Account, open_people
from collector.people.look import Look
from collector.people.opening import open_door
from collector.people.person import Role
from collector.people.readers import Readers
from collector.people.settings import PeopleSettings
from collector.settings import CollectorSettings, RetentionSettings
from collector.telemetry import Telemetry
from collector.wall.feed import Feed
from collector.web import Front
from shared.logs import logger

ROOT = Path(__file__).parents[3]
HOUR_NS = 3_600_000_000_000
NOW_NS = 1_700_000_000_000_000_000
VERIFIED = "phusong_collector_backup_verified_timestamp_seconds"
RESTORED = "phusong_collector_backup_restored_timestamp_seconds"
BACKUPS = "phusong_collector_backups_total"


def replace(one: Any, **changes: object) -> Any:
    return of_dataclass(one, **changes) if is_dataclass(one) else msgspec.structs.replace(one, **changes)


class Night:
    """A clock that stands."""

    def wall_ns(self) -> int:
        return NOW_NS

    def monotonic_ns(self) -> int:
        return 0

    def boot_id(self) -> str:
        return "boot"

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nobody waits {seconds} s at night")


class SteppedNight(Night):
    """One that is set."""

    ahead_ns = 0

    def wall_ns(self) -> int:
        return NOW_NS + self.ahead_ns


async def nothing(*_: object) -> None:
    raise AssertionError("no request is made at night")


@pytest.fixture
def settings(tmp_path: Path) -> CollectorSettings:
    return CollectorSettings(state=tmp_path, retention=RetentionSettings(inbox_hours=2, backups=2))


@pytest.fixture
async def collector(tmp_path: Path) -> AsyncIterator[Collector]:
    async with open_sqlite_inbox(tmp_path / "inbox.sqlite") as inbox:
        for number, hours in ((1, 3), (2, 1)):
            received = NOW_NS - hours * HOUR_NS
            await inbox.store(
                Parcel(agent="a", epoch="e", sequences=(number,), received_wall_ns=received, body=b"x"),
            )
        async with open_identity_room(tmp_path / "identity.sqlite") as keys:
            look = Look("test", "vi", ZoneInfo("Asia/Ho_Chi_Minh"))
            async with open_door(
                tmp_path / "people.sqlite", PeopleSettings(), Readers(()), Night(), look, logger("test")
            ) as people:
                app, copies = Front({}, (), nothing), {"people": people.room.copy}
                yield Collector(app, Feed(), inbox, Telemetry("test"), asyncio.Future, keys, people, copies)


async def test_a_night_leaves_a_good_backup_and_forgets_what_is_old(
    collector: Collector, settings: CollectorSettings
) -> None:
    """The backup is made first: it still holds what is then forgotten."""
    await do_nightly_work(collector, settings, Night())

    keys, backup, _ = sorted((settings.state / "backups").iterdir())
    assert verify_backup(backup) == 2
    assert keys.stat().st_mode & 0o777 == 0o600
    with open_book(keys) as book:
        seal = collector.keys.seal_key.private_bytes_raw()
        assert book.fact("seal", b"another") == seal, "machines believe the restored collector"
    assert [parcel.fresh for parcel in await collector.inbox.since(0)] == [(2,)]
    assert collector.telemetry.registry.get_sample_value(VERIFIED) == NOW_NS / 1e9
    assert collector.telemetry.registry.get_sample_value(RESTORED) == NOW_NS / 1e9
    assert collector.telemetry.registry.get_sample_value(BACKUPS, {"result": "restored"}) == 1
    assert not (settings.state / "rehearsal").exists()


async def test_a_night_whose_clock_cannot_be_right_copies_and_forgets_nothing(
    collector: Collector, settings: CollectorSettings
) -> None:
    """In 2098 everything is old, and the good copies would go for one of that night."""
    doubting = replace(collector, unsure=lambda: "the clock cannot be right")

    assert await do_nightly_work(doubting, settings, Night()) == NightReport(not_done="the clock cannot be right")
    assert not (settings.state / "backups").exists()
    assert len(await collector.inbox.since(0)) == 2
    assert collector.telemetry.registry.get_sample_value(BACKUPS, {"result": "clock_doubtful"}) == 1
    assert await do_nightly_work(collector, settings, Night()) == NightReport()


async def test_a_clock_that_goes_wrong_in_the_midst_of_a_night_forgets_nothing(
    collector: Collector, settings: CollectorSettings
) -> None:
    """Copies of months of batches take minutes; what is old is reckoned from the night's beginning, if at all."""
    clock, why = SteppedNight(), [""]

    async def steps(path: Path) -> Tally:
        clock.ahead_ns = 72 * 365 * 24 * HOUR_NS
        why[0] = "the clock cannot be right"
        return await collector.people.room.copy(path)

    doubting = replace(collector, copies={"people": steps}, unsure=lambda: why[0])
    assert await do_nightly_work(doubting, settings, clock) == NightReport()
    assert len(await collector.inbox.since(0)) == 2
    clock.ahead_ns, why[0] = 0, ""

    async def steps_unseen(path: Path) -> Tally:
        clock.ahead_ns = 72 * 365 * 24 * HOUR_NS
        return await collector.people.room.copy(path)

    await do_nightly_work(replace(collector, copies={"people": steps_unseen}), settings, clock)
    assert [parcel.fresh for parcel in await collector.inbox.since(0)] == [(2,)]


async def test_the_copy_of_the_night_knows_the_people_and_lets_nobody_in_who_was_logged_in(
    collector: Collector, settings: CollectorSettings
) -> None:
    account = Account("an", Role.ADMIN, "hash", disabled=False, added_wall_ns=0)
    await collector.people.room.decide(lambda book: book.add(account))
    await collector.people.room.decide(lambda book: book.begin_session(b"1", "an", NOW_NS, 0))
    head = await collector.people.room.write("an", "login")

    await do_nightly_work(collector, settings, Night())

    (copy,) = (settings.state / "backups").glob("people-*.sqlite")
    with open_people(copy) as book:
        assert book.find("an") == account
        assert book.head() == head
        assert book.session(b"1") is None
    assert await collector.people.room.read(lambda book: book.session(b"1")) is not None


async def test_the_copy_of_the_night_has_every_version_of_the_inventory(
    collector: Collector, settings: CollectorSettings
) -> None:
    with open_versions(settings.versions_file) as versions:
        versions.accept(Inventory((Site(id="1", name="x"),)), Deed(at_wall_ns=NOW_NS, who="an", deed="import"))

    await do_nightly_work(collector, settings, Night())

    (copy,) = (settings.state / "backups").glob("inventory-*.sqlite")
    with open_versions(copy) as versions:
        assert [version.who for version in versions.history()] == ["an"]
    assert copy.stat().st_mode & 0o777 == 0o600


async def test_a_night_without_a_backup_still_makes_room(collector: Collector, settings: CollectorSettings) -> None:
    """A full disk takes no backup; were nothing forgotten then, it would stay full for ever."""
    (settings.state / "backups").write_bytes(b"a file where the folder belongs")

    with pytest.raises(OSError, match="backups"):
        await do_nightly_work(collector, settings, Night())
    assert [parcel.fresh for parcel in await collector.inbox.since(0)] == [(2,)]
    assert collector.telemetry.registry.get_sample_value(VERIFIED) in {None, 0.0}


async def test_a_backup_that_does_not_fit_is_not_begun_and_what_arrives_has_room(
    collector: Collector, settings: CollectorSettings
) -> None:
    narrow = replace(settings, retention=replace(settings.retention, disk_reserve_megabytes=10**9))

    with pytest.raises(NoRoomError, match=r"no room for tonight's backup: 0\.[0-9] MB wanted"):
        await do_nightly_work(collector, narrow, Night())

    assert list((settings.state / "backups").iterdir()) == []
    assert collector.telemetry.registry.get_sample_value(BACKUPS, {"result": "no_room"}) == 1
    assert collector.telemetry.registry.get_sample_value(VERIFIED) == 0
    assert await collector.inbox.store(parcel(3, b"x")) == {3}
    with pytest.raises(NoRoomError, match="no room for inbox"):
        await collector.inbox.backup(settings.state / "inbox.part", narrow.retention.disk_reserve_bytes)


async def test_of_a_night_that_fails_nothing_stays_but_the_nights_before(
    collector: Collector, settings: CollectorSettings
) -> None:
    """Also where power failed in its midst; and the last whole night outlives any number of others."""
    folder = settings.state / "backups"
    await do_nightly_work(collector, settings, Night())
    good = {path.name for path in folder.iterdir()}
    assert not any(name.endswith(".part") for name in good)
    for name in (of(1, end="sqlite.part"), of(1, "people"), of(2, "journal", "sqlite.part-journal")):
        (folder / name).write_bytes(b"torn")

    async def refuses(path: Path) -> Tally:
        await asyncio.to_thread(path.write_bytes, b"half")
        raise OSError(28, "no space left on device")

    once = replace(settings, retention=replace(settings.retention, backups=1))
    for _ in range(3):
        with pytest.raises(OSError, match="no space"):
            await do_nightly_work(replace(collector, copies={"people": refuses}), once, Night())

    assert {path.name for path in folder.iterdir()} == good
    assert collector.telemetry.registry.get_sample_value(BACKUPS, {"result": "failed"}) == 3


def lose_a_person(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as made:
        made.execute("DELETE FROM person")


def change_the_log(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as made:
        made.execute("DROP TRIGGER audit_stays")
        made.execute("UPDATE audit SET actor = 'somebody else'")


def lose_a_table(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as made:
        made.execute("DROP TABLE person")
        made.execute("CREATE VIEW person AS SELECT 1")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lose_a_person, "the copy of people has less than was there: person 0 of 1"),
        (change_the_log, "the copy of people cannot be opened: row 1 was changed"),
        (lose_a_table, "the copy of people"),
    ],
)
async def test_a_copy_that_gives_back_less_than_was_there_is_no_backup(
    collector: Collector, settings: CollectorSettings, spoil: Callable[[Path], None], told: str
) -> None:
    """To SQLite each of these files is whole: only who restores it sees what is missing."""
    account = Account("an", Role.ADMIN, "hash", disabled=False, added_wall_ns=0)
    await collector.people.room.decide(lambda book: book.add(account))
    await collector.people.room.write("an", "login")

    async def copies(path: Path) -> Tally:
        there = await collector.people.room.copy(path)
        await asyncio.to_thread(spoil, path)
        return there

    with pytest.raises(RehearsalError, match=told):
        await do_nightly_work(replace(collector, copies={"people": copies}), settings, Night())

    assert list((settings.state / "backups").iterdir()) == []
    assert not (settings.state / "rehearsal").exists()
    assert collector.telemetry.registry.get_sample_value(VERIFIED) == 0
    assert collector.telemetry.registry.get_sample_value(BACKUPS, {"result": "failed"}) == 1


def test_where_there_is_no_room_to_restore_it_beside_a_backup_is_read_back_and_that_is_told() -> None:
    words = ["--mount"] if os.geteuid() == 0 else ["--user", "--map-root-user", "--mount"]
    command = ["unshare", *words, sys.executable, "-m", "tests.peers.narrow_night"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if "unshare:" in done.stderr or "mount:" in done.stderr:
        word = f"no file system of its own here: {done.stderr.splitlines()[0]}"
        pytest.fail(word) if os.environ.get("PHUSONG_REQUIRE_PEERS") else pytest.skip(word)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)

    assert "no room for restoring tonight's backup beside" in seen["why"]
    assert (seen["verified"], seen["restored"]) == (NOW_NS / 1e9, 0)
    assert (seen["read_back"], seen["backups"]) == (1, ["identity", "inbox"])


def test_a_copy_that_fails_in_its_midst_gives_its_room_back(tmp_path: Path) -> None:
    """The rest of a copy that filled the disk kept the inbox from storing and from forgetting."""
    with closing(sqlite3.connect(tmp_path / "whole.sqlite")) as database:
        database.execute("CREATE TABLE t (b)")
        database.execute("INSERT INTO t VALUES (zeroblob(2000000))")
        database.commit()

        def disk_fills() -> None:
            raise sqlite3.OperationalError("database or disk is full")

        with pytest.raises(sqlite3.OperationalError, match="full"):
            copy_database(database, tmp_path / "copy.sqlite", disk_fills)

    assert [path.name for path in tmp_path.iterdir()] == ["whole.sqlite"]


async def copied_at_work(inbox: SqliteInbox, path: Path, numbers: Iterator[int]) -> tuple[Tally, int]:
    """A copy of the inbox, which stores parcels of these numbers one after the other meanwhile: how many it stored."""
    copying, stored = asyncio.create_task(inbox.backup(path)), 0
    while not copying.done():
        await inbox.store(parcel(next(numbers), b"y" * 100))
        stored += 1
    return await copying, stored


async def test_batches_are_acknowledged_while_the_inbox_is_copied(tmp_path: Path) -> None:
    """A copy of a large inbox takes minutes: nobody waits for its end, and what came in the midst does no harm."""
    copied = tmp_path / "copy.sqlite"
    async with open_sqlite_inbox(tmp_path / "inbox.sqlite") as inbox:
        for number in range(1, 101):
            await inbox.store(parcel(number, b"x" * 200_000))
        _, stored = await copied_at_work(inbox, copied, itertools.count(101))

    assert stored > 5, "nobody was served during the copy"
    assert verify_backup(copied) >= 100


async def test_gaps_that_are_closed_while_the_inbox_is_copied_are_no_loss_of_the_copy(tmp_path: Path) -> None:
    copied = tmp_path / "copy.sqlite"
    async with open_sqlite_inbox(tmp_path / "inbox.sqlite") as inbox:
        for number in range(1, 101, 2):
            await inbox.store(parcel(number, b"x" * 400_000))
        there, closed = await copied_at_work(inbox, copied, itertools.count(2, 2))

    assert closed > 2, "no gap was closed during the copy"
    await asyncio.to_thread(rehearse, {"inbox": copied}, {"inbox": there}, tmp_path / "rehearsal")


def parcel(number: int, body: bytes) -> Parcel:
    return Parcel(agent="a", epoch="e", sequences=(number,), received_wall_ns=NOW_NS, body=body)


def of(night: int, kind: str = "inbox", end: str = "sqlite") -> str:
    return f"{kind}-2026110{night}T023000.{end}"


def test_the_oldest_backups_go() -> None:
    assert superfluous([of(3), of(1), of(2)], 2) == [of(1)]
    assert superfluous([of(1)], 2) == []
    assert superfluous([of(1), of(1, "people"), of(2)], 0) == [of(1), of(1, "people")], "the newest night stays"


def test_what_is_of_no_whole_night_is_left_over_and_others_files_are_not_ours() -> None:
    others = ["notes.txt", "inbox-", "inbox-before-the-move.sqlite", "people-of-the-province.csv"]
    whole = [of(2), of(2, "people"), of(2, "maintenance", "yaml"), *others]
    torn = [of(3, end="sqlite.part"), of(3, "journal"), of(1, "people"), of(4), of(4, end="sqlite-journal")]

    assert leftovers(whole) == []
    assert leftovers([*whole, *torn]) == sorted(torn)
