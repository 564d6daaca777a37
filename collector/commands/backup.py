"""The nightly work: copies of all that the collector keeps, one after another while it works; it restores nothing."""

import asyncio
import shutil
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from collector.assembly import Collector
from collector.calendar.nightly import KINDS, backup_name, oldest_kept_ns, superfluous, verify_backup
from collector.copying import check_copy
from collector.inventory.versions import open_versions
from collector.settings import CollectorSettings, RetentionSettings
from shared.clock import Clock

_SECOND_NS = 1_000_000_000


async def do_nightly_work(collector: Collector, settings: CollectorSettings, clock: Clock) -> None:
    """Back up, read the backup back, forget what is old: also where a full disk takes no backup."""
    try:
        await _back_up(collector, settings, clock)
    finally:
        await collector.inbox.prune(oldest_kept_ns(clock.wall_ns(), settings.retention.inbox_hours))
        if collector.notify is not None:
            await collector.notify.teller.forget()


async def _back_up(collector: Collector, settings: CollectorSettings, clock: Clock) -> None:
    """The inbox is last, so that no copied cursor stands behind its end."""
    folder = settings.state / "backups"
    stamp = await asyncio.to_thread(_stamp, folder, settings.retention, clock.wall_ns())
    identity = folder / backup_name("identity", stamp)
    await collector.keys.read(lambda book: book.copy(identity))
    await asyncio.to_thread(check_copy, identity)
    for kind, copy in collector.copies.items():
        path = folder / backup_name(kind, stamp)
        await copy(path)
        await asyncio.to_thread(check_copy, path)
    if settings.versions_file.exists():
        await asyncio.to_thread(_copy_versions, settings.versions_file, folder / backup_name("inventory", stamp))
    windows = settings.state / "maintenance.yaml"
    if windows.exists():
        await asyncio.to_thread(shutil.copy, windows, folder / backup_name("maintenance", stamp))
    inbox = folder / backup_name("inbox", stamp)
    await collector.inbox.backup(inbox)
    await asyncio.to_thread(verify_backup, inbox)
    collector.telemetry.backup_verified.set(clock.wall_ns() / _SECOND_NS)
    for kind in KINDS:
        for name in superfluous([each.name for each in folder.glob(f"{kind}-*")], settings.retention.backups):
            (folder / name).unlink()


def _copy_versions(versions_file: Path, path: Path) -> None:
    with open_versions(versions_file) as versions:
        versions.copy(path)
    check_copy(path)


def _stamp(folder: Path, retention: RetentionSettings, wall_ns: int) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.fromtimestamp(wall_ns / _SECOND_NS, ZoneInfo(retention.time_zone))
    return f"{now:%Y%m%dT%H%M%S}"
