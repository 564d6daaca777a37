"""The collector's clock, wrong at a start or in the midst: time goes on, all is stamped rightly in the end."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.arrival import Arrival
from collector.ingest.inbox import InboxFailedError, Parcel
from collector.ingest.sqlite import SqliteInbox, open_sqlite_inbox
from collector.timekeeping.cautious import CautiousClock
from collector.timekeeping.watch import Stamps, Watch
from shared.logs import Limited
from shared.release import BUILT_NS
from shared.wire.reading import Batch, ClockQuality, Cycle, Lane, Record
from tests.peers.village import HandClock, Heard

SECOND_NS = 10**9
HOUR_NS = 3600 * SECOND_NS
TRUE_NS = BUILT_NS + 1000 * HOUR_NS
"""When the machine boots."""
WRONG = {"1970": 12 * SECOND_NS, "2098": 4_039_372_800 * SECOND_NS, "a week ago": TRUE_NS - 168 * HOUR_NS}


class BadClock(HandClock):
    """A machine's clock that shows what it is set to."""

    boot = "boot-1"

    def __init__(self, shown_ns: int) -> None:
        super().__init__()
        self.ahead_ns = shown_ns

    def wall_ns(self) -> int:
        return self.ahead_ns + self._now_ns

    def boot_id(self) -> str:
        return self.boot

    def put_right(self) -> None:
        self.ahead_ns = TRUE_NS


class House:
    """An inbox with the watch over its clock; each parcel's true time is remembered."""

    def __init__(self, machine: BadClock, inbox: SqliteInbox) -> None:
        self.machine, self.inbox, self.log = machine, inbox, Heard()
        self.kernel = ClockQuality.UNSYNCHRONISED
        self.clock = CautiousClock(machine, lambda: self.kernel)
        self.told: list[bool] = []
        self.watch = Watch(self.clock, inbox.stamps, self.told.append, Limited(self.log, machine))
        self.truth: dict[int, int] = {}

    async def receive(self, numbers: Iterator[int]) -> None:
        number = next(numbers)
        parcel = Parcel(
            agent="a", epoch="e", sequences=(number,), received_wall_ns=self.clock.wall_ns(), body=b"%d" % number
        )
        await self.inbox.store(parcel)
        self.truth[number] = TRUE_NS + self.machine.monotonic_ns()

    async def stamps(self) -> dict[int, int]:
        return {int(each.body): each.received_wall_ns for each in await self.inbox.since(0)}


@asynccontextmanager
async def open_house(
    folder: Path, machine: BadClock, newest_ns: int | None = TRUE_NS - HOUR_NS
) -> AsyncIterator[House]:
    """``newest_ns``: when the last batch came before the machine was off."""
    async with open_sqlite_inbox(folder / "inbox.sqlite") as inbox:
        if newest_ns is not None:
            await inbox.store(Parcel(agent="z", epoch="e", sequences=(1,), received_wall_ns=newest_ns, body=b"0"))
        yield House(machine, inbox)


@pytest.mark.parametrize("wrong", WRONG)
async def test_a_collector_that_boots_with_a_wrong_clock_goes_on_from_what_it_knows_and_heals(
    tmp_path: Path, wrong: str
) -> None:
    numbers = count(1)
    async with open_house(tmp_path, BadClock(WRONG[wrong])) as house:
        await house.watch.begin()
        first = house.clock.wall_ns()
        assert house.watch.why
        assert house.watch.holds_calls()
        for _ in range(5):
            await house.receive(numbers)
            await house.machine.move(60)
            await house.watch.look()
        doubtful = await house.stamps()
        house.machine.put_right()
        await house.watch.look()
        await house.receive(numbers)

        assert first == TRUE_NS - HOUR_NS
        assert [doubtful[n] - house.truth[n] for n in range(1, 6)] == [-HOUR_NS] * 5
        assert await house.stamps() == {0: TRUE_NS - HOUR_NS, **house.truth}
        assert (house.watch.why, house.clock.is_doubted) == ("", False)
        assert (house.told[0], house.told[-1]) == (True, False)
        assert house.log.lines[-1] == "the clock is believed again: 5 batches that came meanwhile are restamped"


async def test_a_right_clock_is_not_doubted_and_costs_nothing(tmp_path: Path) -> None:
    async with open_house(tmp_path, BadClock(TRUE_NS)) as house:
        await house.watch.begin()
        await house.machine.move(3600)
        await house.watch.look()

        assert house.clock.wall_ns() == house.machine.wall_ns() == house.clock.vouched_ns()
        assert (house.watch.why, house.watch.holds_calls(), set(house.told), house.log.lines) == (
            "",
            False,
            {False},
            [],
        )


async def test_a_clock_that_jumps_while_the_collector_runs_stamps_nothing_with_its_leap(tmp_path: Path) -> None:
    """Not even between two looks."""
    numbers = count(1)
    async with open_house(tmp_path, BadClock(TRUE_NS)) as house:
        await house.watch.begin()
        for leap_ns in (WRONG["2098"], WRONG["1970"]):
            await house.receive(numbers)
            house.machine.ahead_ns = leap_ns
            await house.receive(numbers)
            assert house.clock.vouched_ns() == 0
            await house.watch.look()
            await house.machine.move(5)
            await house.receive(numbers)
            house.machine.put_right()
            await house.watch.look()
            await house.machine.move(5)
            await house.watch.look()

        assert await house.stamps() == {0: TRUE_NS - HOUR_NS, **house.truth}


async def test_a_collector_that_starts_again_in_the_same_boot_puts_right_what_came_before(tmp_path: Path) -> None:
    numbers, machine, truth = count(1), BadClock(WRONG["1970"]), dict[int, int]()
    for _ in range(3):
        async with open_house(tmp_path, machine) as house:
            await house.watch.begin()
            await house.receive(numbers)
            await house.machine.move(30)
            await house.receive(numbers)
            truth |= house.truth
    machine.put_right()
    async with open_house(tmp_path, machine) as house:
        await house.watch.begin()
        await house.receive(numbers)

        assert await house.stamps() == {0: TRUE_NS - HOUR_NS, **truth, **house.truth}


async def test_of_another_boot_nobody_knows_the_true_time_and_its_stamps_stay(tmp_path: Path) -> None:
    numbers, machine = count(1), BadClock(WRONG["1970"])
    async with open_house(tmp_path, machine) as house:
        await house.watch.begin()
        await house.receive(numbers)
    machine.boot = "boot-2"
    machine.put_right()
    async with open_house(tmp_path, machine) as house:
        await house.watch.begin()
        assert await house.stamps() == {0: TRUE_NS - HOUR_NS, 1: TRUE_NS - HOUR_NS}
        assert house.watch.why == ""


async def test_people_are_not_called_at_once_and_not_left_alone_for_long(tmp_path: Path) -> None:
    async with open_house(tmp_path, BadClock(WRONG["2098"])) as house:
        await house.watch.begin()
        await house.machine.move(899)
        await house.watch.look()
        assert house.watch.holds_calls()
        await house.machine.move(1)

        assert not house.watch.holds_calls()
        assert house.watch.why, "nothing is forwarded before the clock is right"


async def test_agents_that_agree_betray_a_clock_that_is_years_off_and_one_does_not(tmp_path: Path) -> None:
    async with open_house(tmp_path, BadClock(TRUE_NS + 3 * 8766 * HOUR_NS)) as house:
        await house.watch.begin()
        for agent in ("a", "b", "c"):
            assert house.watch.why == ""
            house.watch.hear(arrival(agent, house.machine.monotonic_ns(), TRUE_NS))
            await house.watch.look()
        assert "those of agents" in house.watch.why
        house.machine.put_right()
        await house.watch.look()

        assert house.watch.why == ""


class Stubborn:
    """The inbox's stamps on a disk that refuses what it is told."""

    def __init__(self, stamps: Stamps, *refused: str) -> None:
        self._stamps = stamps
        self._refused = list(refused)

    def __getattr__(self, name: str) -> object:
        if name in self._refused:
            self._refused.remove(name)
            return self._fail
        return getattr(self._stamps, name)

    async def _fail(self, *_: object) -> None:
        raise InboxFailedError("the disk is full")


@pytest.mark.parametrize("refused", ["doubt", "trust", "restamp"])
async def test_a_disk_that_refuses_leaves_the_clock_doubted_until_it_takes_it(tmp_path: Path, refused: str) -> None:
    numbers = count(1)
    async with open_house(tmp_path, BadClock(TRUE_NS if refused == "doubt" else WRONG["1970"])) as house:
        await house.watch.begin()
        house.watch._stamps = Stubborn(house.inbox.stamps, refused)  # type: ignore[assignment]
        house.machine.ahead_ns = WRONG["1970"]
        for right in (False, True):
            if right:
                house.machine.put_right()
            for _ in range(2):
                await house.receive(numbers)
                with suppress(InboxFailedError):
                    await house.watch.look()
                await house.machine.move(5)
            assert bool(house.watch.why) is not right
        await house.receive(numbers)

        assert await house.stamps() == {0: TRUE_NS - HOUR_NS, **house.truth}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(["receive", "1970", "2098", "a week ago", "right", "restart"]), max_size=25))
def test_whatever_the_clock_does_in_one_boot_all_is_stamped_rightly_in_the_end(steps: list[str]) -> None:
    async def live(folder: Path) -> None:
        numbers, machine, truth = count(1), BadClock(TRUE_NS), dict[int, int]()
        async with open_house(folder, machine) as house:
            await house.watch.begin()
        for life in " ".join(steps).split("restart"):
            async with open_house(folder, machine, None) as house:
                await house.watch.begin()
                for step in life.split():
                    if step == "receive":
                        await house.receive(numbers)
                    elif step == "right":
                        machine.put_right()
                    elif step in WRONG:
                        machine.ahead_ns = WRONG[step]
                    await machine.move(5)
                    await house.watch.look()
                truth |= house.truth
        machine.put_right()
        async with open_house(folder, machine, None) as house:
            await house.watch.begin()
            await house.watch.look()
            found = await house.stamps()
            assert {n: found[n] - at for n, at in truth.items()} == dict.fromkeys(truth, 0)

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(live(Path(folder)))


def arrival(agent: str, now_ns: int, ahead_ns: int) -> Arrival:
    cycle = Cycle("b", ClockQuality.SYNCHRONISED, ())
    batch = Batch(agent, "e", "b", 5, ahead_ns + now_ns, Lane.LIVE, (Record(1, cycle),))
    return Arrival(agent=agent, received_wall_ns=0, received_monotonic_ns=now_ns, batch=batch, fresh=())
