"""The nightly work: copies of all that the collector keeps, one after another while it works; it restores nothing."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from collector.assembly import Collector
from collector.calendar.nightly import KINDS, backup_name, oldest_kept_ns, verify_backup
from collector.commands.night import Night, tidy
from collector.copying import check_copy
from collector.disk import NoRoomError, demand_room
from collector.identity.apart import KEPT_HOURS
from collector.inventory.versions import open_versions
from collector.settings import CollectorSettings, RetentionSettings
from shared.clock import Clock

_SECOND_NS = 1_000_000_000


async def do_nightly_work(collector: Collector, settings: CollectorSettings, clock: Clock) -> None:
    """Back up, read the backup back, forget what is old: also where a full disk takes no backup."""
    made = collector.telemetry.backups
    try:
        await _back_up(collector, settings, clock)
    except NoRoomError:
        made.labels("no_room").inc()
        raise
    except Exception:
        made.labels("failed").inc()
        raise
    else:
        made.labels("read_back").inc()
    finally:
        now_ns = clock.wall_ns()
        await collector.inbox.prune(oldest_kept_ns(now_ns, settings.retention.inbox_hours))
        await collector.keys.decide(lambda book: book.forget_apart(oldest_kept_ns(now_ns, KEPT_HOURS)))
        if collector.notify is not None:
            await collector.notify.teller.forget()


async def _back_up(collector: Collector, settings: CollectorSettings, clock: Clock) -> None:
    """The inbox is last, so that no copied cursor stands behind its end."""
    async with _night(settings, clock.wall_ns()) as night:
        identity = night.part("identity")
        await collector.keys.read(lambda book: book.copy(identity))
        await asyncio.to_thread(check_copy, identity)
        for kind, copy in collector.copies.items():
            path = night.part(kind)
            await copy(path)
            await asyncio.to_thread(check_copy, path)
        if settings.versions_file.exists():
            await asyncio.to_thread(_copy_versions, settings.versions_file, night.part("inventory"))
        windows = settings.state / "maintenance.yaml"
        if windows.exists():
            await asyncio.to_thread(_copy_file, windows, night.part("maintenance"))
        inbox = night.part("inbox")
        await collector.inbox.backup(inbox, settings.retention.disk_reserve_bytes)
        await asyncio.to_thread(verify_backup, inbox)
    collector.telemetry.backup_verified.set(clock.wall_ns() / _SECOND_NS)


@asynccontextmanager
async def _night(settings: CollectorSettings, wall_ns: int) -> AsyncIterator[Night]:
    """Copies that count together, once all are there; where one fails none stays."""
    folder, keep = settings.state / "backups", settings.retention.backups
    night = Night(folder, await asyncio.to_thread(_prepare, folder, settings, wall_ns))
    try:
        yield night
        await asyncio.to_thread(night.publish)
    except BaseException:
        await asyncio.to_thread(night.discard)
        raise
    await asyncio.to_thread(tidy, folder, keep)


def _prepare(folder: Path, settings: CollectorSettings, wall_ns: int) -> str:
    """Make room by what is not needed any more, ask whether there is enough, and give the night's stamp."""
    folder.mkdir(parents=True, exist_ok=True)
    # The place of the oldest night is needed now; were the night to fail, all others are still there.
    tidy(folder, settings.retention.backups - 1)
    sizes = [path.stat().st_size for path in _files(settings) if path.exists()]
    demand_room(folder, sum(sizes), settings.retention.disk_reserve_bytes, "tonight's backup")
    return _stamp(settings.retention, wall_ns)


def _files(settings: CollectorSettings) -> list[Path]:
    names = [f"{kind}{Path(backup_name(kind, '')).suffix}" for kind in KINDS]
    return [settings.state / f"{name}{suffix}" for name in names for suffix in ("", "-wal")]


def _copy_versions(versions_file: Path, path: Path) -> None:
    with open_versions(versions_file) as versions:
        versions.copy(path)
    check_copy(path)


def _copy_file(file: Path, path: Path) -> None:
    shutil.copy(file, path)
    with path.open("rb") as copied:
        os.fsync(copied.fileno())


def _stamp(retention: RetentionSettings, wall_ns: int) -> str:
    now = datetime.fromtimestamp(wall_ns / _SECOND_NS, ZoneInfo(retention.time_zone))
    return f"{now:%Y%m%dT%H%M%S}"
