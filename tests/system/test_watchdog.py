"""A program whose loop hangs gives no sign of life; one that is busy, or waits for its disk, does."""

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab.ports import free_port
from shared.wire.codec import CONTENT_TYPE, encode_batch
from shared.wire.reading import Batch, ClockQuality, Cycle, Lane, Record
from tests.peers.presence import require
from tests.peers.programs import PYTHON, Program, running
from tests.peers.settings_files import TOKEN, collector_file, write
from tests.peers.systemd import systemd

HANG = "import signal, time; signal.signal(signal.SIGUSR1, lambda *_: time.sleep(60)); "
"""What holds up the loop of a program: the handler runs in its thread."""
WITHIN_SECONDS = 2.0


SLOW_CARD = (
    "import agent.spool.opening as o, time; look = o._inspect; o._inspect = lambda d: (time.sleep(5), look(d)); "
)
"""An agent that looks through a large spool on a slow card at its start."""
SLOW_REPLAY = (
    "import collector.replay as r, time; read = r._arrival; r._arrival = lambda *a: (time.sleep(0.1), read(*a))[1]; "
)
"""A collector that has much to read back, as ten thousand agents' quarter of an hour."""


def command(name: str, config: Path, more: str = "") -> list[str]:
    code = f"{HANG}{more}import sys; from {name}.__main__ import main; sys.exit(main())"
    return [PYTHON, "-c", code, "run", "--config", str(config)]


def configured(name: str, folder: Path, door: int = 9) -> Path:
    if name == "collector":
        return collector_file(folder, free_port(), ["province"], ["a1"])
    return write(
        folder / "agent.yaml",
        {
            "agent": "a1",
            "site": "province",
            "uplink": {"url": f"http://127.0.0.1:{free_port()}", "token": TOKEN.format("a1")},
            "state": str(folder / "disk" / "state"),
            "commit_seconds": 0.2,
            "checks": [{"kind": "tcp", "every_seconds": 0.2, "timeout_seconds": 1}],
            "targets": [{"site": "province", "name": "door", "address": f"127.0.0.1:{door}"}],
        },
    )


@pytest.mark.parametrize("name", ["agent", "collector"])
def test_a_program_that_is_up_lives_until_its_loop_hangs(name: str, tmp_path: Path) -> None:
    config = configured(name, tmp_path)
    with (
        systemd(tmp_path, WITHIN_SECONDS) as manager,
        running(name, command(name, config), tmp_path, manager.environment) as program,
    ):
        manager.until(lambda: manager.count("WATCHDOG=1") >= 3)
        assert manager.heard[0].startswith("EXTEND_TIMEOUT_USEC=")
        assert manager.heard.count("READY=1") == 1
        assert manager.quiet_seconds(1.5 * WITHIN_SECONDS) < WITHIN_SECONDS

        os.kill(program.pid, signal.SIGUSR1)
        assert manager.quiet_seconds(1.5 * WITHIN_SECONDS) > WITHIN_SECONDS
        program.kill()


def test_an_agent_that_looks_through_a_large_spool_asks_for_time_and_tells_its_end(tmp_path: Path) -> None:
    config = configured("agent", tmp_path)
    with (
        systemd(tmp_path, WITHIN_SECONDS) as manager,
        running("agent", command("agent", config, SLOW_CARD), tmp_path, manager.environment) as program,
    ):
        manager.until(lambda: len(manager.listen()) > 0)
        assert manager.quiet_seconds(4.0) < WITHIN_SECONDS
        assert {word.partition("=")[0] for word in manager.heard} == {"EXTEND_TIMEOUT_USEC"}
        manager.until(lambda: manager.count("READY=1") == 1)
        assert program.end() == 0
        assert manager.count("STOPPING=1") == 1


def test_a_collector_that_reads_much_back_asks_for_time_and_tells_its_end(tmp_path: Path) -> None:
    port = free_port()
    config = collector_file(tmp_path, port, ["province"], ["a1"])
    with systemd(tmp_path, WITHIN_SECONDS) as manager:
        with running("first", command("collector", config), tmp_path, manager.environment):
            manager.until(lambda: manager.count("READY=1") == 1)
            for sequence in range(1, 51):
                send(port, sequence)
        manager.listen().clear()
        slow = command("collector", config, SLOW_REPLAY)
        with running("second", slow, tmp_path, manager.environment):
            manager.until(lambda: len(manager.listen()) > 0)
            assert manager.quiet_seconds(4.0) < WITHIN_SECONDS
            assert {word.partition("=")[0] for word in manager.heard} == {"EXTEND_TIMEOUT_USEC"}
            manager.until(lambda: manager.count("READY=1") == 1)
        assert manager.count("STOPPING=1") == 1


def send(port: int, sequence: int) -> None:
    record = Record(sequence, Cycle("boot", ClockQuality.UNKNOWN, ()))
    body = encode_batch(Batch("a1", "epoch", "boot", 1, 1, Lane.LIVE, (record,)))
    headers = {"Authorization": f"Bearer {TOKEN.format('a1')}", "Content-Type": CONTENT_TYPE}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/v1/batches", body, headers)
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - ours
        assert answer.status == 200


def knocks(door: socket.socket) -> int:
    """Connections since it was asked last."""
    number = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            door.accept()[0].close()
            number += 1
    return number


@contextmanager
def frozen(folder: Path, program: Program) -> Iterator[None]:
    """What is written to the file system below, as this program sees it, waits until the block is left."""
    seen = f"/proc/{program.pid}/root{folder}"
    subprocess.run(["fsfreeze", "--freeze", seen], check=True)
    try:
        yield
    finally:
        subprocess.run(["fsfreeze", "--unfreeze", seen], check=True)


def test_an_agent_whose_disk_hangs_lives_and_goes_on_probing(tmp_path: Path) -> None:
    """Ended and started again it would wait for the same disk, and probe nothing meanwhile."""
    for program in ("fsfreeze", "mkfs.ext4", "unshare"):
        require(program, "util-linux, e2fsprogs")
    disk, image, door = tmp_path / "disk", tmp_path / "image", socket.create_server(("127.0.0.1", 0))
    config = configured("agent", tmp_path, door.getsockname()[1])
    door.setblocking(False)  # noqa: FBT003 - the argument has no name
    disk.mkdir()
    with image.open("wb") as file:
        file.truncate(32 * 1024 * 1024)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    mounted = f'mount -o loop "{image}" "{disk}" || exit 77; exec "$@"'
    apart = ["unshare", "--mount", "bash", "-c", mounted, "bash", *command("agent", config)]
    with (
        door,
        systemd(tmp_path, WITHIN_SECONDS) as manager,
        running("agent", apart, tmp_path, manager.environment) as program,
    ):
        with contextlib.suppress(AssertionError):
            manager.until(lambda: manager.count("READY=1") == 1 or program.process.poll() is not None)
        if program.process.poll() == 77:
            word = f"this machine allows no such disk: {program.said()}"
            pytest.fail(word) if os.environ.get("PHUSONG_REQUIRE_PEERS") else pytest.skip(word)
        manager.until(lambda: Path(f"/proc/{program.pid}/root{disk}/state/spool/spool.sqlite").exists())
        with frozen(disk, program):
            knocks(door)
            assert manager.quiet_seconds(2 * WITHIN_SECONDS) < WITHIN_SECONDS
            assert knocks(door) > 3
        begun = time.monotonic()
        assert program.end() == 0
        assert time.monotonic() - begun < 10
