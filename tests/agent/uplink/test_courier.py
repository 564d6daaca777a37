"""The courier against a collector that behaves badly: in every case nothing is lost, and it comes to an end."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import cast

import msgspec
import pytest

from agent.spool.desk import Desk, open_desk
from agent.uplink.budget import Spent
from agent.uplink.courier import Courier, Sender
from agent.uplink.http import HttpPost, UplinkSettings, make_tls
from agent.uplink.meter import Meter
from agent.uplink.proof import TokenProof
from agent.uplink.purse import Purse
from shared.logs import Limited
from shared.secret import Secret
from shared.wire.codec import encode_cycle
from shared.wire.reading import Batch, ClockQuality, Cycle, Lane, Metric, MetricKind, Outcome, Reading, Sample
from tests.peers.bad_collector import DRIP, Act, Collector, answer, listening
from tests.peers.spools import open_spool
from tests.peers.village import HandClock, Heard, timekeeper

NOVEMBER_10_NS = 1_794_268_800_000_000_000
BLOB = encode_cycle(Cycle("boot", ClockQuality.UNKNOWN, ()))
METRIC = Metric("m", MetricKind.GAUGE, "Help.")
HTML = b"<html><body>Please log in to the hotel's network</body></html>"


@contextmanager
def courier_to(
    port: int, folder: Path, log: Heard, timeout_seconds: float = 0.3, limit: int | None = None
) -> Iterator[tuple[Courier, Desk]]:
    settings = UplinkSettings(url=f"http://127.0.0.1:{port}", timeout_seconds=timeout_seconds)
    with open_desk(open_spool("sqlite", folder)) as desk:
        clock = HandClock()
        sender = Sender("a1", "0.1.0", lambda: (METRIC,))
        post = HttpPost(settings.way(), TokenProof(Secret("the-token")), None)
        times, complain = timekeeper(folder, clock), Limited(log, clock)
        times.heard(NOVEMBER_10_NS, 0, 1)
        purse = Purse(folder, limit, Meter(), clock=clock, times=times, complain=complain)
        yield (
            Courier(sender, desk, post, clock=clock, times=times, purse=purse, complain=complain, draw=lambda: 0.5),
            desk,
        )


async def fill(desk: Desk, records: int) -> None:
    for number in range(records):
        await desk.do(desk.spool.put, BLOB, number)


async def until_empty(courier: Courier, tries: int = 200) -> list[float]:
    """Deliver without waiting; gives the waits that were asked for."""
    waits = []
    for _ in range(tries):
        wait = await courier.deliver()
        if wait is None:
            return waits
        waits.append(wait)
    raise AssertionError(f"after {tries} tries records still wait: {waits[-5:]}")


def oversize(collector: Collector) -> Act:
    def refuse_large(batch: Batch) -> bytes:
        return answer(413, b'{"error": "too large"}') if len(batch.records) > 2 else collector.take(batch)

    return refuse_large


MISBEHAVIOURS: dict[str, Callable[[Collector], list[Act]]] = {
    "500": lambda _c: [lambda _: answer(500), lambda _: answer(500)],
    "503 with Retry-After": lambda _c: [lambda _: answer(503, head="Retry-After: 7\r\n")],
    "401": lambda _c: [lambda _: answer(401, b'{"error": "unknown token"}')],
    "HTML with status 200": lambda _c: [lambda _: answer(200, HTML)],
    "empty 204": lambda _c: [lambda _: answer(204)],
    "redirect": lambda _c: [lambda _: answer(302, head="Location: http://127.0.0.1:1/\r\n")],
    "413 until the batch is small": lambda c: [oversize(c)] * 8,
    "silence": lambda c: [c.mute],
    "a byte now and then": lambda _c: [lambda _: DRIP],
    "cut off in the head": lambda _c: [lambda _: b"HTTP/1.1 20"],
    "not HTTP": lambda _c: [lambda _: b"220 mail.example ESMTP\r\n"],
    "closed without a word": lambda _c: [lambda _: b""],
    "stored, but the answer is cut": lambda c: [c.take_and_break_off],
    "acknowledges fewer than were sent": lambda _c: [
        lambda _: answer(200, b'{"stored": 1, "duplicates": 0, "server_time_ns": 1}')
    ],
    "an answer without end": lambda _c: [lambda _: b"HTTP/1.1 200 x\r\n\r\n" + b"x" * 300_000],
}


@pytest.mark.parametrize("name", MISBEHAVIOURS)
async def test_nothing_is_lost_whatever_the_collector_does(name: str, tmp_path: Path) -> None:
    log = Heard()
    async with listening(Collector()) as collector:
        collector.acts = MISBEHAVIOURS[name](collector)
        with courier_to(collector.port, tmp_path, log) as (courier, desk):
            await fill(desk, 5)
            await until_empty(courier)
            dead = await desk.do(desk.spool.dead_letters)

    assert sorted(collector.stored) == [1, 2, 3, 4, 5]
    assert dead == 0
    assert not any("the-token" in line for line in log.lines)


async def test_a_collector_that_is_away_costs_a_wait_and_one_line(tmp_path: Path) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        log = Heard()
        with courier_to(reserved.getsockname()[1], tmp_path, log) as (courier, desk):
            await fill(desk, 3)
            waits = [await courier.deliver() for _ in range(4)]
            backlog = await desk.do(desk.spool.backlog)

    assert waits == [1.0, 2.0, 4.0, 8.0]
    assert backlog.records == 3
    assert log.lines == ["batches stay here, the collector does not take them: connection refused"]
    assert courier.tally.requests == {"away": 4}


async def test_a_budget_that_is_used_up_stops_history_and_lets_the_newest_state_through_now_and_then(
    tmp_path: Path,
) -> None:
    (tmp_path / "uplink-spent.json").write_bytes(msgspec.json.encode(Spent(month="2026-11", bytes=30_000_000)))
    async with listening(Collector()) as collector:
        with courier_to(collector.port, tmp_path, Heard(), limit=30_000_000) as (courier, desk):
            await fill(desk, 300)
            first = [await courier.deliver() for _ in range(5)]
            await fill(desk, 1)
            too_soon = await courier.deliver()

    assert first == [0.0, None, None, None, None]
    assert too_soon is None
    assert collector.stored == [300]


async def test_what_was_sent_is_stated_first_hourly_and_when_asked_and_goes_again_where_it_was_lost(
    tmp_path: Path,
) -> None:
    def says(**more: object) -> Act:
        said = {"stored": 1, "duplicates": 0, "server_time_ns": 1, **more}
        return lambda _: answer(200, msgspec.json.encode(said))

    acts = [says(), says(statement_wanted=True), says(resend_from=2), *[says()] * 2]
    async with listening(Collector(acts)) as collector:
        with courier_to(collector.port, tmp_path, log := Heard()) as (courier, desk):
            for _ in range(3):
                await fill(desk, 1)
                await courier.deliver()
            again = [stored.sequence for stored in await desk.do(desk.spool.oldest, 9, 10**6)]
            await desk.do(desk.spool.acknowledge, [2], 10)
            await courier.deliver()

    stated = [batch.statement for batch in collector.batches]
    assert [statement is not None for statement in stated] == [True, False, True, False]
    assert stated[2] is not None
    assert (stated[2].held, stated[2].waiting, stated[2].last) == (((1, 2),), ((3, 3),), 3)
    assert again == [2, 3]
    assert log.lines == ["the collector has lost records, they are sent again: 2 records from 2 on"]


async def test_an_answer_that_never_ends_is_hung_up_on(tmp_path: Path) -> None:
    """A thread left behind would wait for as long as the other side likes."""
    async with listening(Collector([lambda _: DRIP])) as collector:
        with courier_to(collector.port, tmp_path, Heard()) as (courier, desk):
            await fill(desk, 1)
            await courier.deliver()
            async with asyncio.timeout(10):
                while not collector.left:  # noqa: ASYNC110 - the server's task ends when it sees the line cut
                    await asyncio.sleep(0.01)

    assert courier.tally.requests == {"away": 1}


async def test_since_when_the_collector_takes_nothing_is_known_and_forgotten_when_it_does(tmp_path: Path) -> None:
    """What the page at the site tells of it."""
    acts: list[Act] = [lambda _: answer(500), lambda _: answer(401)]
    async with listening(Collector()) as collector:
        with courier_to(collector.port, tmp_path, Heard()) as (courier, desk):
            clock, tally = courier._clock, courier.tally
            assert isinstance(clock, HandClock)
            stood = []
            for scripted in ([], acts, []):
                collector.acts = scripted
                for _ in range(2):
                    await fill(desk, 1)
                    await clock.move(10)
                    await courier.deliver()
                stood.append(
                    (tally.acknowledged_ns, tally.acknowledged_since_ns, tally.failing_since_ns, tally.failed_ns)
                )

    seconds = [tuple(None if each is None else each // 1_000_000_000 for each in one) for one in stood]
    assert seconds == [(20, 10, None, None), (20, 10, 30, 40), (60, 50, None, 40)]


async def test_a_retry_after_is_the_least_to_wait(tmp_path: Path) -> None:
    async with listening(Collector([lambda _: answer(429, head="Retry-After: 30\r\n")])) as collector:
        with courier_to(collector.port, tmp_path, Heard()) as (courier, desk):
            await fill(desk, 1)

            assert (await courier.deliver() or 0) >= 30


@pytest.mark.parametrize("status", [401, 403, 413, 503])
async def test_a_collector_that_takes_nothing_tells_the_time_all_the_same(status: int, tmp_path: Path) -> None:
    told_ns = NOVEMBER_10_NS + 86_400_000_000_000
    words = b'{"error": "not now", "server_time_ns": %d}' % told_ns
    async with listening(Collector(acts=[lambda _: answer(status, words)])) as collector:
        with courier_to(collector.port, tmp_path, Heard()) as (courier, desk):
            await fill(desk, 1)
            await cast("HandClock", courier._clock).move(7200)
            before_ns = courier._times.true_wall_ns()
            await courier.deliver()

            assert before_ns < told_ns <= courier._times.true_wall_ns() < told_ns + 10**9


async def test_a_record_that_is_refused_for_good_is_set_apart_and_blocks_nobody(tmp_path: Path) -> None:
    """One poisoned record among many: only it becomes a dead letter."""

    def poisoned(batch: Batch) -> bytes:
        bad = any(record.sequence == 4 for record in batch.records)
        return answer(422, b'{"error": "label too long"}') if bad else collector.take(batch)

    log = Heard()
    async with listening(Collector()) as collector:
        collector.acts = [poisoned] * 50
        with courier_to(collector.port, tmp_path, log) as (courier, desk):
            await fill(desk, 9)
            await until_empty(courier)
            dead = await desk.do(desk.spool.dead_letters)

    assert sorted(collector.stored) == [1, 2, 3, 5, 6, 7, 8, 9]
    assert dead == 1
    assert log.lines == ["a record was refused for good and is kept as a dead letter: status 422: label too long"]


async def test_the_newest_state_goes_before_the_history_and_history_in_its_order(tmp_path: Path) -> None:
    async with listening(Collector()) as collector:
        with courier_to(collector.port, tmp_path, Heard()) as (courier, desk):
            await fill(desk, 600)
            await until_empty(courier)

    assert [batch.lane for batch in collector.batches][:2] == [Lane.LIVE, Lane.HISTORY]
    assert collector.stored[0] == 600
    assert collector.stored[1:] == list(range(1, 600))


async def test_batches_say_who_when_and_where_and_what_their_series_mean_when_asked(tmp_path: Path) -> None:
    async with listening(Collector(metrics_wanted=True)) as collector:
        with courier_to(collector.port, tmp_path, Heard()) as (courier, desk):
            for _ in range(2):
                await fill(desk, 1)
                await until_empty(courier)
            epoch = desk.spool.epoch

    first, second = collector.batches
    assert (first.agent, first.epoch, first.boot_id) == ("a1", epoch, "the-only-boot")
    assert (first.metrics, second.metrics) == ((), (METRIC,))
    assert collector.heads[0].startswith("POST /api/v1/batches HTTP/1.1\r\n")
    assert "Authorization: Bearer the-token\r\n" in collector.heads[0]
    assert "Content-Type: application/vnd.phusong.batch\r\n" in collector.heads[0]


async def test_a_record_that_does_not_decode_any_more_is_set_apart(tmp_path: Path) -> None:
    async with listening(Collector()) as collector:
        with courier_to(collector.port, tmp_path, Heard()) as (courier, desk):
            await desk.do(desk.spool.put, b"not a cycle", 1)
            await fill(desk, 1)
            await until_empty(courier)
            dead = await desk.do(desk.spool.dead_letters)

    assert collector.stored == [2]
    assert dead == 1


async def test_a_batch_travels_over_a_unix_socket_too(tmp_path: Path) -> None:
    collector = Collector()
    path = tmp_path / "c.sock"
    server = await asyncio.start_unix_server(collector.serve, path)
    settings = UplinkSettings(url="http://collector", socket=path)
    opening: AbstractContextManager[object] = open_spool("memory", tmp_path)
    with open_desk(opening) as desk:  # type: ignore[arg-type]
        clock, complain = HandClock(), Limited(Heard(), HandClock())
        times = timekeeper(tmp_path, clock)
        courier = Courier(
            Sender("a1", "0", tuple),
            desk,
            HttpPost(settings.way(), TokenProof(Secret("t")), make_tls(settings)),
            clock=clock,
            times=times,
            purse=Purse(tmp_path, None, Meter(), clock=clock, times=times, complain=complain),
            complain=complain,
            draw=lambda: 0.0,
        )
        await fill(desk, 1)
        await until_empty(courier)
    server.close()
    await server.wait_closed()

    assert collector.stored == [1]


async def test_what_is_kept_for_a_restored_collector_outlives_a_boot_in_another_year(tmp_path: Path) -> None:
    """HandClock shows 2023; the records were acknowledged in November 2026, an hour ago by the true time."""
    async with listening(Collector()) as collector:
        with courier_to(collector.port, tmp_path, Heard()) as (courier, desk):
            await fill(desk, 3)
            await desk.do(desk.spool.acknowledge, [1, 2, 3], NOVEMBER_10_NS - 3_600_000_000_000)
            await fill(desk, 1)
            await until_empty(courier)
            kept = await desk.do(desk.spool.reopen, 1)

    assert kept == 4


async def test_while_nobody_answers_no_statement_is_made(tmp_path: Path) -> None:
    async with listening(Collector()) as collector:
        collector.acts = [lambda _: answer(503)] * 3
        with courier_to(collector.port, tmp_path, Heard()) as (courier, desk):
            await fill(desk, 1)
            made = []
            state, desk.spool.statement = desk.spool.statement, lambda: made.append(1) or state()  # type: ignore[method-assign,func-returns-value]
            await until_empty(courier)
            await fill(desk, 1)
            await until_empty(courier)

    assert len(made) == 2, "with the first try, and once somebody answers again"


async def test_what_goes_beside_the_records_costs_none_of_them_where_it_is_refused(tmp_path: Path) -> None:
    """A collector that takes no statement: the records go alone, and a statement is tried again in an hour."""

    def wants_records_only(batch: Batch) -> bytes:
        return collector.take(batch) if batch.statement is None else answer(400, b'{"error": "too many runs"}')

    log = Heard()
    async with listening(Collector()) as collector:
        collector.acts = [wants_records_only] * 50
        with courier_to(collector.port, tmp_path, log) as (courier, desk):
            await fill(desk, 300)
            await until_empty(courier)
            before = len(collector.batches)
            cast("HandClock", courier._clock)._now_ns += 3600 * 10**9
            await fill(desk, 1)
            await until_empty(courier)
            dead = await desk.do(desk.spool.dead_letters)

    stated = [batch.statement is not None for batch in collector.batches]
    assert sorted(collector.stored) == list(range(1, 302))
    assert dead == 0
    assert stated[:before] == [True, *[False] * (before - 1)]
    assert stated[before:] == [True, False]
    why = "records go alone for an hour: what is beside them was refused: status 400: too many runs"
    assert log.lines == [why] * 2


async def test_records_that_no_collector_could_take_together_are_divided_before_they_are_sent(tmp_path: Path) -> None:
    """Small when they are packed, and a bomb when they are not."""
    samples = tuple(Sample(f"series_{n}", 0.0, (("alike", "x" * 1000),)) for n in range(90))
    reading = Reading("snmp", "snmp", "s", "t", "router", Outcome.OK, 1, 2, 3, samples)
    blob = encode_cycle(Cycle("boot", ClockQuality.UNKNOWN, (reading,)))
    async with listening(Collector()) as collector:
        with courier_to(collector.port, tmp_path, Heard(), timeout_seconds=5) as (courier, desk):
            for number in range(20):
                await desk.do(desk.spool.put, blob, number)
            await until_empty(courier)
            asked = dict(courier.tally.requests)

    assert sorted(collector.stored) == list(range(1, 21))
    assert len(collector.batches) > 2
    assert asked == {"acknowledged": len(collector.batches)}


async def test_where_the_collector_remembers_too_many_gaps_history_goes_first_even_over_budget(tmp_path: Path) -> None:
    """A month of live batches alone leaves one gap each: they close one after another, and live goes on."""

    def wants_what_is_earlier(batch: Batch) -> bytes:
        is_next = batch.records[0].sequence == len(collector.stored) + 1
        return collector.take(batch) if is_next else answer(409, b'{"error": "too many gaps"}')

    (tmp_path / "uplink-spent.json").write_bytes(msgspec.json.encode(Spent(month="2026-11", bytes=30_000_000)))
    async with listening(Collector()) as collector:
        collector.acts = [wants_what_is_earlier] * 2
        with courier_to(collector.port, tmp_path, log := Heard(), limit=30_000_000) as (courier, desk):
            await fill(desk, 300)
            waits = [await courier.deliver() for _ in range(3)]
            cast("HandClock", courier._clock)._now_ns += 900 * 10**9
            await courier.deliver()
            dead = await desk.do(desk.spool.dead_letters)

    assert waits == [0.0, 0.0, None]
    assert [batch.lane for batch in collector.batches] == [Lane.LIVE, Lane.HISTORY, Lane.LIVE]
    assert collector.stored == [*range(1, 257), 300]
    assert (dead, log.lines) == (0, [])


async def test_where_not_even_the_oldest_is_taken_for_gaps_it_waits_and_says_so(tmp_path: Path) -> None:
    async with listening(Collector([lambda _: answer(409, b'{"error": "too many gaps"}')] * 4)) as collector:
        with courier_to(collector.port, tmp_path, log := Heard()) as (courier, desk):
            await fill(desk, 300)
            waits = [await courier.deliver() for _ in range(4)]
            await until_empty(courier)

    assert waits[0] == 0.0
    assert all(wait for wait in waits[1:])
    assert sorted(collector.stored) == list(range(1, 301))
    assert log.lines == ["batches stay here, the collector does not take them: status 409: too many gaps"]
