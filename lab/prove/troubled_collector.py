"""Episodes of a collector on troubled disks; run in a mount namespace of its own, it prints JSON and judges nothing."""

import argparse
import asyncio
import contextlib
import json
import random
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlencode

from collector.assembly import Collector, open_collector
from collector.commands.stock import load_inventory
from collector.people.book import Account
from collector.people.passwords import Passwords
from collector.people.person import Role
from collector.people.proofs import BEFORE, form_token
from collector.settings import CollectorSettings
from lab.prove.disks import Disk, ExchangedFailingDisk, ExchangedReadOnlyDisk, FullDisk, InodelessDisk, TightDisk
from lab.prove.sabotaged import SABOTAGE
from lab.prove.troubled_episode import TROUBLE, Episode
from lab.prove.troubled_house import AGENTS, Sender, ShiftedClock, ask, open_store, quiet, settings_of

_MEGABYTES, _OWN_MEGABYTES = 120, 180
_PATIENCE_SECONDS = 60.0
_SABOTAGED_SECONDS = 6.0
_HOUR_NS = 3_600_000_000_000
KINDS: dict[str, Callable[..., Disk]] = {
    "full": FullDisk,
    "nearly full": TightDisk,
    "own backup": TightDisk,
    "no inodes": InodelessDisk,
    "read-only": ExchangedReadOnlyDisk,
    "I/O errors": ExchangedFailingDisk,
}
_FULL = frozenset({"full", "nearly full", "own backup"})


async def _live(kind: str, disk: Disk, folder: Path, dice: random.Random, patience_seconds: float) -> dict[str, object]:
    """History, trouble while agents go on, and the way home; sometimes the collector starts in the midst of it."""
    with open_store() as store:
        settings = settings_of(folder, disk.folder / "state", store)
        episode = Episode(kind, [Sender(n) for n in range(AGENTS)], store, ShiftedClock(), dice)
        episode.patience_seconds = patience_seconds
        closed = kind != "own backup" and dice.random() < 0.25
        async with _running(settings, folder, episode) as collector:
            await _history(episode, collector, settings)
            if not closed:
                await _trouble(episode, collector, settings, disk)
                await _come_home(episode, collector, settings)
        if closed:
            _spoil(episode, disk)
            with contextlib.suppress(*TROUBLE):
                async with _running(settings, folder, episode) as collector:
                    await _suffer(episode, collector, settings)
            disk.mend()
            async with _running(settings, folder, episode) as collector:
                await _come_home(episode, collector, settings)
        return episode.figures(settings.state / "inbox.sqlite")


@asynccontextmanager
async def _running(settings: CollectorSettings, folder: Path, episode: Episode) -> AsyncIterator[Collector]:
    inventory = load_inventory(settings, folder / "collector.yaml")
    async with open_collector(settings, inventory, episode.clock, quiet()) as collector:
        evaluating = collector.evaluate_for_ever()
        try:
            yield collector
        finally:
            evaluating.cancel()
            await asyncio.gather(evaluating, return_exceptions=True)
            await asyncio.sleep(0)  # what the inbox's thread counted last
            episode.count(collector)


async def _history(episode: Episode, collector: Collector, settings: CollectorSettings) -> None:
    password = Passwords().make("mật khẩu của Hà")
    account = Account("ha", Role.OPERATOR, password, disabled=False, added_wall_ns=0)
    await collector.people.room.decide(lambda book: book.add(account))
    weight = 200_000 if episode.kind == "own backup" else 60_000
    await episode.work(collector, episode.dice.randrange(40, 100), weight)
    episode.clock.later_ns += _HOUR_NS  # beyond what a start reads back
    if episode.dice.random() < 0.5:
        await episode.night(collector, settings)
    episode.store.away = episode.dice.random() < 0.5


async def _trouble(episode: Episode, collector: Collector, settings: CollectorSettings, disk: Disk) -> None:
    _spoil(episode, disk)
    await _suffer(episode, collector, settings)
    disk.mend()


async def _suffer(episode: Episode, collector: Collector, settings: CollectorSettings) -> None:
    dice = episode.dice
    await episode.work(collector, dice.randrange(10, 60))
    if dice.random() < 0.7:
        night = asyncio.ensure_future(episode.night(collector, settings))
        await episode.work(collector, dice.randrange(5, 30))
        await night
    await _knock(episode, collector)
    await episode.work(collector, dice.randrange(10, 60))
    if episode.kind in _FULL and await _is_stuck(episode, collector):
        episode.said.append("stuck though there is something to forget")


async def _is_stuck(episode: Episode, collector: Collector) -> bool:
    """Whether a small batch is refused while the inbox has what no start reads back."""
    sender, old_ns = episode.senders[0], episode.clock.wall_ns() - _HOUR_NS // 2
    sender.measure(episode.dice, 2000)
    refused = await sender.send(collector.app, episode.clock, episode.dice, newest=True) != 200
    oldest = await collector.inbox.from_row(0, 1)
    return refused and any(parcel.received_wall_ns < old_ns for parcel in oldest)


async def _knock(episode: Episode, collector: Collector) -> None:
    """People get one clear line, or what they asked for."""
    cookie = "before"
    form = {"name": "ha", "password": "mật khẩu của Hà", "form_token": form_token(cookie)}
    headers = {
        "cookie": f"{BEFORE}={cookie}",
        "sec-fetch-site": "same-origin",
        "content-type": "application/x-www-form-urlencoded",
    }
    for method, path, body, good, lines in (
        ("POST", "/login", urlencode(form).encode(), 303, 2),
        ("GET", "/readyz", b"", 200, 1),
        ("GET", "/incidents", b"", 200, 2),
        ("GET", "/metrics", b"", 200, 1),
    ):
        # What people read is said in both languages, each in one line.
        status, _, said = await ask(collector.app, method, path, headers, body)
        if status not in {good, 503} or (status == 503 and said.count(b"\n") != lines):
            episode.said.append(f"{path}: {status} {said[:80]!r}")


async def _come_home(episode: Episode, collector: Collector, settings: CollectorSettings) -> None:
    """Without a restart: everything is written again, nothing is left behind, and a backup is made."""
    episode.store.away = False
    why = "nothing was tried"
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(episode.patience_seconds):
            while why := await _ails(episode, collector):  # noqa: ASYNC110 - the disk tells nobody
                await asyncio.sleep(0.05)
            why = "the store waits"
            while episode.store_waits(collector):  # noqa: ASYNC110 - a thread fills it
                await asyncio.sleep(0.02)
            before = episode.nights["good"]
            await episode.night(collector, settings)
            why = "" if episode.nights["good"] > before else "no backup"
    episode.home = not why
    if why:
        episode.said.append(f"not home: {why}")


async def _ails(episode: Episode, collector: Collector) -> str:
    """What is still not as it should be; empty where nothing is."""
    await episode.work(collector, 1, 2000, doubtful=0.0)
    for sender in episode.senders:
        while sender.waiting and await sender.send(collector.app, episode.clock, episode.dice) == 200:
            pass
    number = episode.clock.monotonic_ns()
    try:
        await collector.people.room.write("ha", "login")
        await collector.keys.decide(lambda book: book.fact(str(number), b"x"))
        if collector.notify is not None:
            await collector.notify.outbox.put_trial(1, number, number)
    except TROUBLE as error:
        return str(error)
    status, _, said = await ask(collector.app, "GET", "/readyz", {})
    if status != 200:
        return said.decode().strip()
    return "batches wait" if any(sender.waiting for sender in episode.senders) else ""


def _spoil(episode: Episode, disk: Disk) -> None:
    if isinstance(disk, TightDisk):
        least, most = (2, 40) if episode.kind == "nearly full" else (2, 12)
        disk.left_bytes = episode.dice.randint(least, most) * 1024 * 1024
    disk.spoil()


def main() -> None:
    """Prints a line of JSON for each episode, and one for each kind of trouble that this machine does not allow."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--careless", action="store_true")
    parser.add_argument("--only", action="append", choices=list(KINDS))
    arguments = parser.parse_args()
    dice, kinds = random.Random(arguments.seed), arguments.only or list(KINDS)
    for number in range(arguments.count):
        kind = kinds[number % len(kinds)]
        broken = SABOTAGE[kind] if arguments.careless else contextlib.nullcontext
        with broken():
            figures = _on_a_disk(kind, dice, _SABOTAGED_SECONDS if arguments.careless else _PATIENCE_SECONDS)
        sys.stdout.write(json.dumps(figures) + "\n")
        sys.stdout.flush()
        if "absent" in figures:
            kinds.remove(kind)


def _on_a_disk(kind: str, dice: random.Random, patience_seconds: float) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "disk")
        folder.mkdir()
        try:
            disk = KINDS[kind](folder, _OWN_MEGABYTES if kind == "own backup" else _MEGABYTES)
        except OSError as error:
            return {"kind": kind, "absent": str(error)}
        try:
            return asyncio.run(_live(kind, disk, Path(name), dice, patience_seconds))
        finally:
            disk.unmount()


if __name__ == "__main__":
    main()
