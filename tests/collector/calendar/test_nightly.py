"""The nightly work: a backup that was read back, and old bodies go even in a night without one."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from collector.assembly import Collector
from collector.calendar.nightly import superfluous, verify_backup
from collector.commands.backup import do_nightly_work
from collector.identity.book import open_book
from collector.identity.room import open_identity_room
from collector.ingest.inbox import Parcel
from collector.ingest.sqlite import open_sqlite_inbox
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

HOUR_NS = 3_600_000_000_000
NOW_NS = 1_700_000_000_000_000_000
VERIFIED = "phusong_collector_backup_verified_timestamp_seconds"


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


async def test_batches_are_acknowledged_while_the_inbox_is_copied(tmp_path: Path) -> None:
    """A copy of a large inbox takes minutes: nobody waits for its end, and what came in the midst does no harm."""
    copied = tmp_path / "copy.sqlite"
    async with open_sqlite_inbox(tmp_path / "inbox.sqlite") as inbox:
        for number in range(1, 101):
            await inbox.store(parcel(number, b"x" * 200_000))
        copying = asyncio.create_task(inbox.backup(copied))
        number = 100
        while not copying.done():
            number += 1
            await inbox.store(parcel(number, b"y" * 100))
        await copying

    assert number > 105, "nobody was served during the copy"
    assert verify_backup(copied) >= 100


def parcel(number: int, body: bytes) -> Parcel:
    return Parcel(agent="a", epoch="e", sequences=(number,), received_wall_ns=NOW_NS, body=body)


def test_the_oldest_backups_go() -> None:
    assert superfluous(["inbox-3.sqlite", "inbox-1.sqlite", "inbox-2.sqlite"], 2) == ["inbox-1.sqlite"]
    assert superfluous(["inbox-1.sqlite"], 2) == []
