"""The agent's own lateness is told and never charged to a link."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.icmp.watch import SelfWatch

SECOND = 1_000_000_000


class Hands:
    """A clock whose hands the test moves."""

    def __init__(self) -> None:
        self.monotonic = 1000 * SECOND
        self.wall = 1_800_000_000 * SECOND

    def monotonic_ns(self) -> int:
        return self.monotonic

    def wall_ns(self) -> int:
        return self.wall

    def boot_id(self) -> str:
        return "boot"

    async def sleep(self, seconds: float) -> None:
        self.advance(int(seconds * SECOND))

    def advance(self, nanoseconds: int) -> None:
        self.monotonic += nanoseconds
        self.wall += nanoseconds


@pytest.fixture
def hands() -> Iterator[Hands]:
    return Hands()


def stat(path: Path, idle: int, steal: int) -> Path:
    path.write_text(f"cpu  10 0 10 {idle} 0 0 0 {steal} 0 0\ncpu0 1 1 1\n", encoding="ascii")
    return path


def look(watch: SelfWatch, hands: Hands, late_ns: int = 0) -> str:
    return watch.look(hands.monotonic - late_ns, hands.monotonic)


def test_a_punctual_tick_says_nothing(hands: Hands) -> None:
    watch = SelfWatch(hands, stamped=True)
    hands.advance(50_000_000)

    assert look(watch, hands, late_ns=40_000_000) == ""


@pytest.mark.parametrize(("step", "text"), [(-2 * SECOND, "-2.000 s"), (SECOND // 2, "+0.500 s")])
def test_a_stepped_clock_is_told_once(hands: Hands, step: int, text: str) -> None:
    watch = SelfWatch(hands, stamped=True)
    hands.wall += step

    assert look(watch, hands) == f"the clock stepped by {text}"
    assert look(watch, hands) == ""


def test_a_slewed_clock_is_no_step(hands: Hands) -> None:
    """NTP corrects by 0.5 ms a second at most."""
    watch = SelfWatch(hands, stamped=True)
    for _ in range(100):
        hands.advance(50_000_000)
        hands.wall += 25_000
        assert look(watch, hands) == ""


def test_a_stall_is_told_sooner_where_the_kernel_does_not_stamp(hands: Hands) -> None:
    assert look(SelfWatch(hands, stamped=True), hands, late_ns=SECOND) == "the agent stood still for 1.00 s"
    assert look(SelfWatch(hands, stamped=True), hands, late_ns=SECOND // 20) == ""
    assert look(SelfWatch(hands, stamped=False), hands, late_ns=SECOND // 20) == "the agent stood still for 0.05 s"


def test_stolen_time_is_told(hands: Hands, tmp_path: Path) -> None:
    watch = SelfWatch(hands, stamped=True, stat=stat(tmp_path / "stat", idle=1000, steal=0))
    hands.advance(6 * SECOND)
    stat(tmp_path / "stat", idle=1100, steal=100)

    assert look(watch, hands) == "the host took 50% of the machine's time"


def test_an_unreadable_stat_is_no_theft(hands: Hands, tmp_path: Path) -> None:
    watch = SelfWatch(hands, stamped=True, stat=tmp_path / "missing")
    hands.advance(6 * SECOND)

    assert look(watch, hands) == ""


def test_packets_dropped_by_the_socket_are_told_as_they_grow(hands: Hands) -> None:
    watch = SelfWatch(hands, stamped=True)

    assert watch.drops(4, 7) == "the agent's socket dropped 7 packets"
    assert watch.drops(4, 7) == ""
    assert watch.drops(4, 9) == "the agent's socket dropped 2 packets"
    assert watch.drops(6, 1) == "the agent's socket dropped 1 packets"
