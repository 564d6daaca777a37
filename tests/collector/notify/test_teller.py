"""The desk as a whole: journal in, messages out, one after another and each channel for itself."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from collector.incident import Cause, Scope
from collector.notify.message import Audience, Kind
from collector.notify.outbox import open_outbox
from collector.notify.roster import Duty, Roster, RosterFile
from tests.peers.incidents import HOUR_NS, MINUTE_NS, NOON_NS, SECOND_NS, incident
from tests.peers.notes import PEOPLE, ZONE
from tests.peers.recorder import Recorder
from tests.peers.telling import SetClock, Telling, recorder

HUB: dict[str, Any] = {"scope": Scope.HUB, "subject": "H02", "cause": Cause.HUB, "sites": ("00898", "00899")}
ROSTER = Roster(RosterFile(people=PEOPLE, duties=(Duty(people=("ha",)), Duty(people=("binh",), level=1))), ZONE)


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Callable[..., Any]]:
    stack = AsyncExitStack()

    async def make(**given: Any) -> Telling:
        channels = {"phone": recorder("phone"), "mail": recorder("mail"), "am": recorder("am", Audience.STANDING)}
        made = Telling(tmp_path / "notify.sqlite", channels, **given)
        await made.open()
        stack.push_async_callback(made.close)
        made.clock.now_ns = NOON_NS + MINUTE_NS
        return made

    async with stack:
        yield make


def said(channel: Recorder) -> list[tuple[Kind, int]]:
    return [(message.note.kind, message.note.incident.number) for message in channel.heard]


def again(telling: Telling, number: int, **changes: Any) -> None:
    last = telling.journal.versions(number)[-1]
    telling.journal.write([], [msgspec.structs.replace(last, version=last.version + 1, **changes)])


async def test_an_incident_is_told_once_by_each_channel_and_so_is_its_end(opened: Callable[..., Any]) -> None:
    desk = await opened()
    desk.journal.write([], [incident()])
    for _ in range(3):
        await desk.turn()
    again(desk, 7, ended_ns=desk.clock.now_ns)
    for _ in range(3):
        await desk.turn()

    for channel in desk.channels.values():
        assert said(channel) == [(Kind.NEW, 7), (Kind.RESOLVED, 7)]


async def test_a_desk_that_is_set_up_tells_what_lasts_and_no_day_full_of_what_is_over(
    opened: Callable[..., Any],
) -> None:
    desk = await opened(clock=SetClock(NOON_NS + 3 * HOUR_NS))
    desk.clock.now_ns = NOON_NS + 3 * HOUR_NS
    desk.journal.write([], [incident(7, ended_ns=NOON_NS + HOUR_NS), incident(8)])
    await desk.turn()

    assert said(desk.channels["phone"]) == [(Kind.NEW, 8)]


async def test_a_dead_channel_holds_up_nobody_and_says_once_what_it_missed(opened: Callable[..., Any]) -> None:
    desk = await opened()
    phone, mail = desk.channels["phone"], desk.channels["mail"]
    phone.gateway.mode = "later"
    desk.journal.write([], [incident()])
    await desk.turn()
    again(desk, 7, ended_ns=desk.clock.now_ns)
    await desk.turn()
    assert (said(phone), said(mail)) == ([], [(Kind.NEW, 7), (Kind.RESOLVED, 7)])

    waiting = desk.registry.get_sample_value("phusong_notifications_waiting", {"channel": "phone"})
    oldest = desk.registry.get_sample_value(
        "phusong_notifications_oldest_untold_timestamp_seconds", {"channel": "phone"}
    )
    assert (waiting, oldest) == (2, (NOON_NS + MINUTE_NS) / SECOND_NS)
    phone.gateway.mode = "take"
    desk.clock.now_ns += 5 * MINUTE_NS
    await desk.turn()
    assert said(phone) == [(Kind.PAST, 7)]
    labels = {"channel": "phone"}
    results = ("told", "merged", "failed", "refused")
    counts = [desk.registry.get_sample_value("phusong_notifications_total", {**labels, "result": r}) for r in results]
    assert counts == [1, 1, 1, 0]
    gone = desk.registry.get_sample_value("phusong_notifications_oldest_untold_timestamp_seconds", labels)
    assert gone is None


async def test_a_mass_event_is_one_message_and_who_knew_of_a_site_hears_that_it_is_larger(
    opened: Callable[..., Any],
) -> None:
    desk = await opened()
    desk.journal.write([], [incident(7)])
    await desk.turn()
    again(desk, 7, silent_because="folded", folded_into=9)
    desk.journal.write([], [incident(8, subject="00899", sites=("00899",), silent_because="folded", folded_into=9)])
    desk.journal.write([], [incident(9, **HUB, known_ns=desk.clock.now_ns)])
    await desk.turn()
    again(desk, 9, ended_ns=desk.clock.now_ns)
    again(desk, 7, ended_ns=desk.clock.now_ns)
    await desk.turn()

    assert said(desk.channels["phone"]) == [(Kind.NEW, 7), (Kind.UPDATE, 9), (Kind.RESOLVED, 9)]
    assert {message.note.thread for message in desk.channels["phone"].heard} == {7}
    # Alertmanager has what silences others first.
    assert said(desk.channels["am"]) == [(Kind.NEW, 7), (Kind.NEW, 9), (Kind.WITHDRAWN, 7), (Kind.RESOLVED, 9)]


async def test_escalation_reaches_the_next_level_until_somebody_acknowledges(opened: Callable[..., Any]) -> None:
    desk = await opened(roster=ROSTER)
    desk.journal.write([], [incident(9, **HUB)])
    await desk.turn()
    desk.clock.now_ns += 15 * MINUTE_NS
    await desk.turn()
    phone = desk.channels["phone"]
    assert [[each.key for each in message.recipients] for message in phone.heard] == [["ha"], ["ha", "binh"]]

    assert await desk.teller.acknowledge(9, "binh")
    assert not await desk.teller.acknowledge(9, "ha")
    desk.clock.now_ns += 5 * HOUR_NS
    await desk.turn()
    await desk.close()
    await desk.open()
    desk.clock.now_ns += HOUR_NS
    await desk.turn()
    assert said(phone) == [(Kind.NEW, 9), (Kind.ESCALATED, 9)]


async def test_after_a_restart_nothing_is_told_twice_and_an_end_that_came_meanwhile_is_told(
    opened: Callable[..., Any],
) -> None:
    desk = await opened()
    desk.journal.write([], [incident()])
    await desk.turn()
    await desk.close()
    again(desk, 7, ended_ns=NOON_NS + 2 * MINUTE_NS)
    desk.clock.now_ns += 72 * HOUR_NS
    await desk.open()
    await desk.turn()

    assert said(desk.channels["mail"]) == [(Kind.NEW, 7), (Kind.RESOLVED, 7)]


async def test_while_the_clock_cannot_be_right_nobody_is_told_anything_new(opened: Callable[..., Any]) -> None:
    desk, holds = await opened(), True

    class Turns(SetClock):
        turns = 0

        async def sleep(self, seconds: float) -> None:  # noqa: ARG002 - a clock that goes from look to look
            self.turns += 1
            await asyncio.sleep(0)

    clock = Turns(desk.clock.now_ns)
    desk.teller.clock, desk.teller.held = clock, lambda: holds
    desk.journal.write([], [incident()])
    telling = asyncio.create_task(desk.teller.run_for_ever())
    async with asyncio.timeout(10):
        while clock.turns < 3:  # noqa: ASYNC110 - the teller looks again and again
            await asyncio.sleep(0)
        untold = await desk.outbox.book(Audience.PEOPLE)
        holds = False
        while not await desk.outbox.book(Audience.PEOPLE):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0)
    telling.cancel()
    await asyncio.gather(telling, return_exceptions=True)

    assert untold == {}


async def test_the_trial_comes_through_once_a_day_even_where_the_hour_was_missed(opened: Callable[..., Any]) -> None:
    desk = await opened(trial_at=time(9), roster=ROSTER)
    phone = desk.channels["phone"]
    assert desk.teller.last_proven_ns() is None
    for minutes in (0, 1, 3, 4, 60):
        desk.clock.now_ns = NOON_NS + minutes * MINUTE_NS
        await desk.turn()
        if minutes == 1:
            await desk.close()
            await desk.open()
    assert [kind for kind, _ in said(phone)] == [Kind.NEW, Kind.RESOLVED]
    assert phone.heard[0].vi.sms.startswith("phusong THU NGHIEM SU CO: diem thu")
    assert phone.heard[0].receipt
    proven = desk.teller.last_proven_ns()
    assert proven == NOON_NS + 3 * MINUTE_NS
    assert desk.registry.get_sample_value("phusong_alert_path_proven_timestamp_seconds", {"channel": "phone"}) == (
        proven / SECOND_NS
    )

    desk.clock.now_ns = NOON_NS + 20 * HOUR_NS
    await desk.turn()
    assert len(phone.heard) == 2
    desk.clock.now_ns = NOON_NS + 21 * HOUR_NS + MINUTE_NS
    await desk.turn()
    desk.clock.now_ns += MINUTE_NS
    await desk.turn()
    assert len(phone.heard) == 3


async def test_a_judgement_that_sees_no_fault_in_a_lost_site_proves_no_path(opened: Callable[..., Any]) -> None:
    desk = await opened(trial_at=time(12))
    desk.teller.desk = replace(desk.teller.desk, judged=lambda _: False)
    for minutes in (0, 1, 3):
        desk.clock.now_ns = NOON_NS + minutes * MINUTE_NS
        await desk.turn()

    assert said(desk.channels["phone"]) == []
    assert desk.teller.last_proven_ns() is None


async def test_a_path_is_only_proven_where_every_channel_came_through(opened: Callable[..., Any]) -> None:
    desk = await opened(trial_at=time(12))
    desk.channels["phone"].gateway.mode = "later"
    for minutes in (0, 1):
        desk.clock.now_ns = NOON_NS + minutes * MINUTE_NS
        await desk.turn()

    assert desk.teller.last_proven_ns() is None
    assert await desk.outbox.proofs() == {"mail": NOON_NS + MINUTE_NS, "am": NOON_NS}


async def test_a_journal_that_lost_an_incident_withdraws_it_and_invents_no_end(opened: Callable[..., Any]) -> None:
    desk = await opened()
    desk.journal.write([], [incident()])
    await desk.turn()
    desk.teller.journal = type(desk.journal)()
    await desk.turn()

    assert said(desk.channels["phone"]) == [(Kind.NEW, 7)]
    assert said(desk.channels["am"]) == [(Kind.NEW, 7), (Kind.WITHDRAWN, 7)]


async def test_what_hangs_is_left_after_its_deadline_and_tried_again(opened: Callable[..., Any]) -> None:
    desk = await opened()
    desk.couriers["phone"]._deadline_seconds = 0.05
    desk.channels["phone"].gateway.mode = "hang"
    desk.journal.write([], [incident()])
    async with asyncio.timeout(5):
        await desk.turn()

    (waiting,) = await desk.outbox.waiting("phone")
    assert waiting.attempts == 1
    assert said(desk.channels["mail"]) == [(Kind.NEW, 7)]


async def test_a_fault_in_a_channel_costs_its_message_a_wait_and_nothing_else(opened: Callable[..., Any]) -> None:
    desk = await opened()
    phone = desk.channels["phone"]
    phone.breaks = True
    desk.journal.write([], [incident()])
    await desk.turn()
    assert desk.registry.get_sample_value("phusong_notify_faults_total") == 1
    phone.breaks = False
    desk.clock.now_ns += MINUTE_NS
    await desk.turn()

    assert said(phone) == [(Kind.NEW, 7)]


async def test_on_a_full_disk_people_are_told_once_what_was_decided_and_it_is_written_down_later(
    opened: Callable[..., Any], tmp_path: Path
) -> None:
    """An SMS every five seconds until somebody makes room would be the end of all trust."""
    desk = await opened()
    desk.journal.write([], [incident(), incident(8, scope=Scope.PROVIDER, subject="VNPT", cause=Cause.ISP)])
    await desk.teller.look()
    desk.outbox._database.execute(
        "CREATE TEMP TRIGGER full BEFORE UPDATE ON note BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
    )
    for _ in range(3):
        for name in ("phone", "mail"):
            await desk.couriers[name].turn()

    assert said(desk.channels["phone"]) == said(desk.channels["mail"]) == [(Kind.NEW, 8), (Kind.NEW, 7)]
    assert len(await desk.outbox.waiting("phone")) == 2
    desk.outbox._database.execute("DROP TRIGGER full")
    await desk.couriers["phone"].turn()
    assert await desk.outbox.waiting("phone") == []
    assert len(desk.channels["phone"].heard) == 2


async def test_what_was_put_off_until_after_a_step_of_the_clock_is_not_put_off_for_years(
    opened: Callable[..., Any],
) -> None:
    desk = await opened()
    desk.clock.now_ns += 10_008 * HOUR_NS
    desk.channels["phone"].gateway.mode = "later"
    desk.journal.write([], [incident(known_ns=desk.clock.now_ns - MINUTE_NS, began_ns=desk.clock.now_ns - MINUTE_NS)])
    await desk.turn()
    desk.channels["phone"].gateway.mode = "take"
    desk.clock.now_ns = NOON_NS
    await desk.turn()

    assert len(desk.channels["phone"].heard) == 1


async def test_the_nightly_work_forgets_old_stories_and_keeps_what_lasts(opened: Callable[..., Any]) -> None:
    desk = await opened()
    desk.journal.write([], [incident(7), incident(8)])
    await desk.turn()
    again(desk, 7, ended_ns=desk.clock.now_ns)
    await desk.turn()
    desk.clock.now_ns += 31 * 24 * HOUR_NS
    await desk.teller.forget()

    assert set(await desk.outbox.book(Audience.PEOPLE)) == {8}


async def test_a_copy_holds_what_was_told(opened: Callable[..., Any], tmp_path: Path) -> None:
    desk = await opened()
    desk.journal.write([], [incident()])
    await desk.turn()
    await desk.outbox.copy(tmp_path / "copy.sqlite")
    async with open_outbox(tmp_path / "copy.sqlite") as copy:
        assert set(await copy.book(Audience.PEOPLE)) == {7}
