"""The nightly work: copies of all that the collector keeps, one after another while it works; it restores nothing."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from collector.assembly import Collector
from collector.calendar.nightly import KINDS, NightReport, backup_name, oldest_kept_ns, verify_backup
from collector.commands.night import Night, tidy
from collector.commands.rehearsal import rehearse
from collector.copying import Tally, check_copy
from collector.disk import NoRoomError, demand_room
from collector.identity.apart import KEPT_HOURS
from collector.inventory.versions import open_versions
from collector.settings import CollectorSettings, RetentionSettings
from shared.clock import Clock

_SECOND_NS = 1_000_000_000
_SCRATCH = "rehearsal"


async def do_nightly_work(collector: Collector, settings: CollectorSettings, clock: Clock) -> NightReport:
    """Back up, restore the backup beside, forget what is old: also where a full disk takes no backup.

    Where the clock by which all that goes cannot be right, none of it is done.
    """
    made, now_ns = collector.telemetry.backups, clock.wall_ns()
    if why := collector.unsure():
        made.labels("clock_doubtful").inc()
        return NightReport(not_done=why)
    try:
        why_not = await _back_up(collector, settings, clock)
    except NoRoomError:
        made.labels("no_room").inc()
        raise
    except Exception:
        made.labels("failed").inc()
        raise
    else:
        made.labels("read_back" if why_not else "restored").inc()
        collector.telemetry.backup_verified.set(now_ns / _SECOND_NS)
        if not why_not:
            collector.telemetry.backup_restored.set(now_ns / _SECOND_NS)
        return NightReport(read_back_only=why_not)
    finally:
        if not collector.unsure():
            await _forget(collector, settings, now_ns)


async def _forget(collector: Collector, settings: CollectorSettings, now_ns: int) -> None:
    """What was old when the night began: the clock may have been set meanwhile."""
    await collector.inbox.prune(oldest_kept_ns(now_ns, settings.retention.inbox_hours))
    await collector.keys.decide(lambda book: book.forget_apart(oldest_kept_ns(now_ns, KEPT_HOURS)))
    if collector.notify is not None:
        await collector.notify.teller.forget()


async def _back_up(collector: Collector, settings: CollectorSettings, clock: Clock) -> str:
    """The inbox is last, so that no copied cursor stands behind its end. Why the copies were not restored beside."""
    async with _night(settings, clock.wall_ns()) as night:
        there: dict[str, Tally] = {}
        identity = night.part("identity")
        there["identity"] = await collector.keys.read(lambda book: book.copy(identity))
        await asyncio.to_thread(check_copy, identity)
        for kind, copy in collector.copies.items():
            path = night.part(kind)
            there[kind] = await copy(path)
            await asyncio.to_thread(check_copy, path)
        if settings.versions_file.exists():
            part = night.part("inventory")
            there["inventory"] = await asyncio.to_thread(_copy_versions, settings.versions_file, part)
        windows = settings.state / "maintenance.yaml"
        if windows.exists():
            await asyncio.to_thread(_copy_file, windows, night.part("maintenance"))
        inbox = night.part("inbox")
        there["inbox"] = await collector.inbox.backup(inbox, settings.retention.disk_reserve_bytes)
        await asyncio.to_thread(verify_backup, inbox)
        return await asyncio.to_thread(_rehearse, night, there, settings)


def _rehearse(night: Night, there: Mapping[str, Tally], settings: CollectorSettings) -> str:
    """Why there is no room to restore the copies beside; empty where they were, and gave back what was there."""
    scratch, sizes = settings.state / _SCRATCH, [path.stat().st_size for path in night.parts.values()]
    try:
        demand_room(
            settings.state, sum(sizes), settings.retention.disk_reserve_bytes, "restoring tonight's backup beside"
        )
    except NoRoomError as error:
        return error.strerror or ""
    rehearse(night.parts, there, scratch)
    return ""


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
    shutil.rmtree(settings.state / _SCRATCH, ignore_errors=True)
    # The place of the oldest night is needed now; were the night to fail, all others are still there.
    tidy(folder, settings.retention.backups - 1)
    sizes = [path.stat().st_size for path in _files(settings) if path.exists()]
    demand_room(folder, sum(sizes), settings.retention.disk_reserve_bytes, "tonight's backup")
    return _stamp(settings.retention, wall_ns)


def _files(settings: CollectorSettings) -> list[Path]:
    names = [f"{kind}{Path(backup_name(kind, '')).suffix}" for kind in KINDS]
    return [settings.state / f"{name}{suffix}" for name in names for suffix in ("", "-wal")]


def _copy_versions(versions_file: Path, path: Path) -> Tally:
    with open_versions(versions_file) as versions:
        there = versions.copy(path)
    check_copy(path)
    return there


def _copy_file(file: Path, path: Path) -> None:
    shutil.copy(file, path)
    with path.open("rb") as copied:
        os.fsync(copied.fileno())


def _stamp(retention: RetentionSettings, wall_ns: int) -> str:
    now = datetime.fromtimestamp(wall_ns / _SECOND_NS, ZoneInfo(retention.time_zone))
    return f"{now:%Y%m%dT%H%M%S}"
