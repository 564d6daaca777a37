"""Signs of life as systemd reads them: to a path or an abstract name, from the process that it means, or not at all."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shared.supervision import Supervisor


class Pace:
    """A clock whose sleeps take a turn of the loop and are noted."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.second = asyncio.Event()

    def monotonic_ns(self) -> int:
        return 0

    def wall_ns(self) -> int:
        return 0

    def boot_id(self) -> str:
        return ""

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) == 3:
            raise TimeoutError
        if len(self.slept) == 2:
            self.second.set()
        await asyncio.sleep(0)


@contextmanager
def ear(name: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as found:
        found.bind(name)
        found.settimeout(0)
        yield found


def heard(found: socket.socket) -> list[bytes]:
    words = []
    with contextlib.suppress(BlockingIOError):
        while True:
            words.append(found.recv(4096))
    return words


@pytest.mark.parametrize("abstract", [False, True], ids=["path", "abstract"])
async def test_a_start_asks_for_time_and_a_program_that_is_up_gives_signs_of_life(
    tmp_path: Path, abstract: bool
) -> None:
    address = f"@phusong-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with ear(address.replace("@", "\0")) as found:
        pace = Pace()
        supervisor = Supervisor({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "120000000"}, os.getpid())
        living = asyncio.create_task(supervisor.stand_by(pace))
        await pace.second.wait()
        supervisor.up()
        with contextlib.suppress(TimeoutError):
            await living
        supervisor.ending()

        more = b"EXTEND_TIMEOUT_USEC=120000000"
        assert heard(found) == [more, more, b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]
        assert pace.slept == [30.0, 30.0, 30.0]


@pytest.mark.parametrize("said", [{}, {"WATCHDOG_USEC": "nonsense"}, {"WATCHDOG_USEC": "4000000", "WATCHDOG_PID": "1"}])
async def test_without_a_watchdog_of_its_own_a_program_is_in_no_hurry(tmp_path: Path, said: dict[str, str]) -> None:
    with ear(str(tmp_path / "notify")):
        pace = Pace()
        supervisor = Supervisor({"NOTIFY_SOCKET": str(tmp_path / "notify"), **said}, os.getpid())
        with contextlib.suppress(TimeoutError):
            await supervisor.stand_by(pace)

    assert pace.slept == [10.0, 10.0, 10.0]


async def test_without_anybody_to_tell_it_says_nothing_and_ends(tmp_path: Path) -> None:
    pace = Pace()
    nobody = Supervisor({"WATCHDOG_USEC": "1000000"}, os.getpid())
    nobody.up()
    await nobody.stand_by(pace)
    nobody.ending()

    assert pace.slept == []


async def test_whoever_does_not_read_holds_nobody_up(tmp_path: Path) -> None:
    with ear(str(tmp_path / "notify")) as found:
        supervisor = Supervisor({"NOTIFY_SOCKET": str(tmp_path / "notify")}, os.getpid())
        for _ in range(2000):
            supervisor.up()
        assert 0 < len(heard(found)) < 2000
    supervisor.up()
