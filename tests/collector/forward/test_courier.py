"""The courier against a server that a test scripts: nothing lost, nothing overtaken, only the refused left out."""

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from collector.forward.canary import NAME
from collector.forward.courier import Courier
from collector.forward.ledger import Ledger, open_ledger
from collector.forward.post import HttpPost
from collector.forward.settings import DestinationSettings, Protocol
from collector.forward.telemetry import ForwardTelemetry
from collector.forward.translate import Translation, Translator
from collector.ingest.inbox import Parcel, StoredParcel
from collector.ingest.memory import MemoryInbox
from collector.series.settings import SeriesSettings
from shared.clock import SystemClock
from shared.logs import Limited
from shared.secret import Secret
from shared.wire.codec import Limits, encode_batch
from shared.wire.reading import Reading, Sample
from tests.peers.outage import batch, reading
from tests.peers.receiver import Answer, Receiver, Rule, running_scripted, takes_1, takes_2
from tests.peers.receiver import Sample as Stored

_PROBES = 16


@dataclass
class Bench:
    """A courier with all that it works on."""

    courier: Courier
    inbox: MemoryInbox
    ledger: Ledger
    registry: CollectorRegistry

    def counted(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(f"phusong_forward_{name}", {"destination": "d", **labels}) or 0.0

    async def drain(self) -> None:
        async with asyncio.timeout(20):
            while await self.courier.forward_some():
                pass


@asynccontextmanager
async def opened(
    path: Path, url: str, inbox: MemoryInbox | None = None, held: Callable[[], bool] = lambda: False, **more: object
) -> AsyncIterator[Bench]:
    options = {"name": "d", "url": url, "retry_first_seconds": 0.001, "retry_cap_seconds": 0.002, **more}
    destination = DestinationSettings(**options)  # type: ignore[arg-type]
    inbox, registry, clock = inbox or MemoryInbox(), CollectorRegistry(), SystemClock()
    post = HttpPost(destination, Secret("Bearer of-the-store"), None)
    async with open_ledger(path / "forward.sqlite") as ledger:
        courier = Courier(
            destination,
            inbox,
            ledger,
            translator=Translator({}, destination.labels, SeriesSettings(), Limits()),
            post=post,
            clock=clock,
            draw=lambda: 0.5,
            telemetry=ForwardTelemetry(registry),
            complain=Limited(logging.getLogger("test"), clock),
            held=held,
        )
        await courier.begin()
        try:
            yield Bench(courier, inbox, ledger, registry)
        finally:
            post.end()


async def store(inbox: MemoryInbox, sequence: int, *readings: Reading) -> None:
    now_ns = SystemClock().wall_ns()
    content = batch("a1", {sequence: list(readings)}, now_ns)
    parcel = Parcel(agent="a1", epoch="e1", sequences=(sequence,), received_wall_ns=now_ns, body=encode_batch(content))
    await inbox.store(parcel)


async def fill(inbox: MemoryInbox, parcels: int, begin: int = 1) -> None:
    now_ns = SystemClock().wall_ns()
    for number in range(begin, begin + parcels):
        sample = (Sample("x", float(number)),)
        await store(inbox, number, reading("r1", 5000 - number, now_ns, 0.0, samples=sample))


def values(receiver: Receiver) -> list[float]:
    return [value for _, _, value in receiver.stored]


async def test_a_server_of_2_0_is_spoken_to_in_2_0(tmp_path: Path) -> None:
    with running_scripted(takes_2, (1, 2)) as receiver:
        async with opened(tmp_path, receiver.url, tenant="ha-giang") as bench:
            await fill(bench.inbox, 5)
            await bench.drain()
            assert bench.counted("protocol_version") == 2
    assert values(receiver) == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert dict(receiver.stored[0][0])["job"] == "phusong-forward"
    assert {version for version, _ in receiver.requests} == {2}
    headers = receiver.headers[0]
    assert headers["content-type"] == "application/x-protobuf;proto=io.prometheus.write.v2.Request"
    assert headers["x-prometheus-remote-write-version"] == "2.0.0"
    assert headers["content-encoding"] == "snappy"
    assert headers["authorization"] == "Bearer of-the-store"
    assert headers["x-scope-orgid"] == "ha-giang"


async def test_a_yes_to_2_0_that_was_not_understood_is_noticed_and_said_again_in_1_0(tmp_path: Path) -> None:
    with running_scripted(takes_1) as receiver:
        async with opened(tmp_path, receiver.url) as bench:
            await fill(bench.inbox, 5)
            await bench.drain()
            assert bench.counted("protocol_version") == 1
            assert bench.counted("requests_total", outcome="not_understood") == 1
    assert values(receiver) == [1.0, 2.0, 3.0, 4.0, 5.0]


def no_longer(status: int, text: str) -> Rule:
    """As a store that was replaced by one of before: a body of 2.0 is refused whole, whatever is in it."""

    def rule(version: int, samples: list[Stored]) -> Answer:
        return (status, {}, text) if version == 2 else takes_1(version, samples)

    return rule


@pytest.mark.parametrize(("status", "text"), [(415, "unsupported"), (400, "cannot decode"), (422, "")])
async def test_a_store_that_was_replaced_by_an_older_one_costs_no_sample(
    tmp_path: Path, status: int, text: str
) -> None:
    with running_scripted(takes_2, (1, 2)) as receiver:
        async with opened(tmp_path, receiver.url) as bench:
            await fill(bench.inbox, 5)
            await bench.drain()
            assert bench.counted("protocol_version") == 2
            receiver.rule = no_longer(status, text)
            await fill(bench.inbox, 50, begin=6)
            await bench.drain()
            assert await bench.ledger.dead_letters("d") == []
            assert bench.counted("protocol_version") == 1
    assert measured(receiver) == [float(n) for n in range(1, 56)]


async def test_a_sample_that_is_refused_without_a_reason_costs_itself_and_not_the_newer_protocol(
    tmp_path: Path,
) -> None:
    def rule(version: int, samples: list[Stored]) -> Answer:
        return (400, {}, "") if any(value == 7.0 for _, _, value in samples) else takes_2(version, samples)

    with running_scripted(rule, (1, 2)) as receiver:
        async with opened(tmp_path, receiver.url) as bench:
            await fill(bench.inbox, 3)
            await bench.drain()
            await fill(bench.inbox, 17, begin=4)
            await bench.drain()
            assert [letter.value for letter in await bench.ledger.dead_letters("d")] == [7.0]
            assert bench.counted("protocol_version") == 2
    assert measured(receiver) == [float(n) for n in range(1, 21) if n != 7]


async def test_who_insists_on_2_0_waits_for_a_server_that_knows_it(tmp_path: Path) -> None:
    def rule(version: int, samples: list[Stored]) -> Answer:
        return (takes_2 if samples else takes_1)(version, samples)

    with running_scripted(rule) as receiver:
        async with opened(tmp_path, receiver.url, protocol=Protocol.V2) as bench:
            await fill(bench.inbox, 2)
            # Not cancelled meanwhile: what was on its way then would be sent again.
            trying = asyncio.create_task(bench.drain())
            await asked(receiver, 3)
            assert (await bench.ledger.cursor("d")).number == 0
            receiver.understands = (1, 2)
            await trying
    assert values(receiver) == [1.0, 2.0]
    assert {version for version, _ in receiver.requests} == {2}


async def asked(receiver: Receiver, times: int) -> None:
    async with asyncio.timeout(20):
        while len(receiver.requests) < times:  # noqa: ASYNC110 - a thread fills it
            await asyncio.sleep(0.005)


def refusing(bad: Callable[[Stored], bool], status: int = 400, text: str = "out of order sample") -> Rule:
    def rule(version: int, samples: list[Stored]) -> Answer:
        return (status, {}, text) if any(map(bad, samples)) else takes_1(version, samples)

    return rule


@settings(max_examples=15, deadline=None)
@given(st.sets(st.integers(1, 200), max_size=5))
async def test_poison_costs_itself_wherever_it_lies(tmp_path_factory: pytest.TempPathFactory, poison: set[int]) -> None:
    with running_scripted(refusing(lambda sample: sample[2] in poison)) as receiver:
        async with opened(tmp_path_factory.mktemp("p"), receiver.url, protocol=Protocol.V1) as bench:
            now_ns = SystemClock().wall_ns()
            measured = [reading("r1", 5000 - n, now_ns, 0.0, samples=(Sample("x", float(n)),)) for n in range(1, 201)]
            await store(bench.inbox, 1, *measured)
            await bench.drain()
            dead = await bench.ledger.dead_letters("d")
            assert bench.counted("samples_dead_total", reason="out_of_order") == len(poison)
    assert values(receiver) == [float(n) for n in range(1, 201) if n not in poison]
    assert sorted(letter.value for letter in dead) == sorted(map(float, poison))
    assert len(receiver.requests) <= 1 + 2 * len(poison) * math.ceil(math.log2(200))


def measured(receiver: Receiver) -> list[float]:
    """Without what the courier sends of its own."""
    return [value for labels, _, value in receiver.stored if ("__name__", NAME) not in labels]


def faulting(
    bad: Callable[[Stored], bool], also: Callable[[list[Stored]], bool] = lambda _: False, status: int = 500
) -> Rule:
    def rule(version: int, samples: list[Stored]) -> Answer:
        return (status, {}, "boom") if also(samples) or any(map(bad, samples)) else takes_1(version, samples)

    return rule


def is_probe(samples: list[Stored]) -> bool:
    return ("__name__", NAME) in samples[0][0]


async def test_a_sample_that_a_store_faults_on_for_ever_costs_itself_after_a_while(tmp_path: Path) -> None:
    """Nothing came there any more, for as long as that sample was the oldest."""
    bodies: list[tuple[int, float]] = []

    def noted(samples: list[Stored]) -> bool:
        if 77.0 in {value for _, _, value in samples}:
            bodies.append((len(samples), SystemClock().monotonic_ns() / 1e9))
        return False

    with running_scripted(faulting(lambda sample: sample[2] == 77.0, noted)) as receiver:
        async with opened(tmp_path, receiver.url, protocol=Protocol.V1, patience_seconds=0.4) as bench:
            await fill(bench.inbox, 100)
            await bench.drain()
            dead = await bench.ledger.dead_letters("d")
            assert bench.counted("samples_dead_total", reason="fault") == 1
            assert bench.counted("pending_parcels") == 0
    assert measured(receiver) == [float(n) for n in range(1, 101) if n != 77]
    assert [(letter.value, letter.reason, letter.detail) for letter in dead] == [(77.0, "fault", "500 boom")]
    alone = [at for size, at in bodies if size == 1]
    assert alone[-1] - alone[0] > 0.3, "asked at its first and its last try, answered a little later"
    assert 5 <= len(alone) <= 400
    halved = [size for size, _ in bodies if 1 < size < max(bodies)[0]]
    assert halved == [16, 8, 4, 2], "a half of what is suspected is asked about once"


async def test_of_many_that_a_store_faults_on_not_each_is_waited_for_as_long(tmp_path: Path) -> None:
    with running_scripted(faulting(lambda sample: sample[2] % 2 == 0)) as receiver:
        async with opened(tmp_path, receiver.url, protocol=Protocol.V1, patience_seconds=1.0) as bench:
            await fill(bench.inbox, 80)
            begun_ns = SystemClock().monotonic_ns()
            await bench.drain()
            spent = (SystemClock().monotonic_ns() - begun_ns) / 1e9
            assert bench.counted("samples_dead_total", reason="fault") == 40
    assert measured(receiver) == [float(n) for n in range(1, 81, 2)]
    assert spent < 10


@pytest.mark.parametrize("status", [302, 401, 403, 404, 405, 407])
async def test_a_sample_that_something_on_the_way_rejects_costs_itself_and_no_hour(tmp_path: Path, status: int) -> None:
    """A firewall that reads bodies says 403 to one label and takes all others: nothing came there any more."""
    with running_scripted(faulting(lambda sample: sample[2] == 7.0, status=status)) as receiver:
        async with opened(tmp_path, receiver.url, protocol=Protocol.V1) as bench:
            await fill(bench.inbox, 20)
            await bench.drain()
            dead = await bench.ledger.dead_letters("d")
            assert bench.counted("samples_dead_total", reason="refused") == 1
    assert measured(receiver) == [float(n) for n in range(1, 21) if n != 7]
    assert [(letter.value, letter.reason, letter.detail) for letter in dead] == [(7.0, "refused", f"{status} boom")]


@pytest.mark.parametrize("status", [401, 404, 500])
async def test_a_store_that_rejects_everything_is_away_and_costs_nothing(tmp_path: Path, status: int) -> None:
    """However long it lasts, and whatever was given up before."""
    down = False
    with running_scripted(faulting(lambda sample: sample[2] == 3.0, lambda _: down, status)) as receiver:
        async with opened(tmp_path, receiver.url, protocol=Protocol.V1, patience_seconds=0.05) as bench:
            await fill(bench.inbox, 5)
            await bench.drain()
            down = True
            await fill(bench.inbox, 20, begin=6)
            waiting = asyncio.ensure_future(bench.drain())
            before = len(receiver.requests)
            async with asyncio.timeout(20):
                while len(receiver.requests) < before + 200:  # noqa: ASYNC110 - the server is a thread
                    await asyncio.sleep(0.01)
            assert bench.counted("samples_dead_total", reason="fault" if status == 500 else "refused") == 1
            down = False
            await waiting
            assert bench.counted("samples_dead_total", reason="fault" if status == 500 else "refused") == 1
    assert measured(receiver) == [float(n) for n in range(1, 26) if n != 3]


async def test_a_store_of_which_a_part_is_away_costs_nothing(tmp_path: Path) -> None:
    """Others' series are taken, and of the sixteen that are asked about not all."""
    down = True

    def part_is_away(sample: Stored) -> bool:
        return down and (("slot", "11") in sample[0] or sample[2] % 3 == 0)

    with running_scripted(faulting(part_is_away)) as receiver:
        async with opened(tmp_path, receiver.url, protocol=Protocol.V1, patience_seconds=0.02) as bench:
            await fill(bench.inbox, 20)
            waiting = asyncio.ensure_future(bench.drain())
            async with asyncio.timeout(20):
                while len(receiver.requests) < 200:  # noqa: ASYNC110 - the server is a thread
                    await asyncio.sleep(0.01)
            down = False
            await waiting
            assert await bench.ledger.dead_letters("d") == []
    assert measured(receiver) == [float(n) for n in range(1, 21)]


async def test_a_sample_that_is_taken_within_the_time_that_it_has_is_not_lost(tmp_path: Path) -> None:
    faults = 30

    def for_a_while(sample: Stored) -> bool:
        nonlocal faults
        faults -= sample[2] == 4.0
        return sample[2] == 4.0 and faults > 0

    with running_scripted(faulting(for_a_while)) as receiver:
        async with opened(tmp_path, receiver.url, protocol=Protocol.V1, patience_seconds=10) as bench:
            bench.courier._asker._patience_ns = 10_000_000_000
            await fill(bench.inbox, 8)
            await bench.drain()
            assert await bench.ledger.dead_letters("d") == []
    assert measured(receiver) == [float(n) for n in range(1, 9)]


async def test_an_outage_that_is_wholly_too_old_does_not_cost_a_request_a_sample(tmp_path: Path) -> None:
    limit_ms = SystemClock().wall_ns() // 1_000_000 - 3_000_000
    rule = refusing(lambda sample: sample[1] < limit_ms, 500, "too old sample")
    with running_scripted(rule) as receiver:
        async with opened(tmp_path, receiver.url, protocol=Protocol.V1) as bench:
            now_ns = SystemClock().wall_ns()
            await store(bench.inbox, 1, *(reading(f"r{n}", 5000 - n, now_ns, 0.0) for n in range(4000)))
            await bench.drain()
            dead = int(bench.counted("samples_dead_total", reason="too_old"))
    assert len(receiver.stored) + dead == 8000
    assert all(at_ms >= limit_ms for _, at_ms, _ in receiver.stored)
    assert 3900 <= dead <= 4100
    assert len(receiver.requests) < 60


@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
async def test_a_server_that_is_not_ready_costs_nothing_and_nothing_overtakes(tmp_path: Path, status: int) -> None:
    left = 5

    def rule(version: int, samples: list[Stored]) -> Answer:
        nonlocal left
        left -= 1
        return (status, {}, "not now") if left >= 0 else takes_1(version, samples)

    with running_scripted(rule) as receiver:
        async with opened(tmp_path, receiver.url, protocol=Protocol.V1, samples_per_request=3) as bench:
            await fill(bench.inbox, 10)
            await bench.drain()
            assert bench.counted("samples_sent_total") == 10
            assert await bench.ledger.dead_letters("d") == []
    assert measured(receiver) == [float(n) for n in range(1, 11)]
    assert max(samples for _, samples in receiver.requests if samples != _PROBES) == 3


async def test_after_an_end_in_the_middle_the_same_samples_go_again_with_the_same_times(tmp_path: Path) -> None:
    """The cursor moves last: what is between is repeated, exactly."""
    inbox = MemoryInbox()
    await fill(inbox, 10)
    down = False

    def rule(version: int, samples: list[Stored]) -> Answer:
        nonlocal down
        answer = (503, {}, "") if down else takes_1(version, samples)
        down = samples[-1][2] == 6.0 or down
        return answer

    with running_scripted(rule) as receiver:
        async with opened(tmp_path, receiver.url, inbox, protocol=Protocol.V1, samples_per_request=2) as bench:
            trying = asyncio.create_task(bench.drain())
            await asked(receiver, 4)
            trying.cancel()
            with suppress(asyncio.CancelledError):
                await trying
        assert values(receiver) == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
        receiver.rule = takes_1
        async with opened(tmp_path, receiver.url, inbox, protocol=Protocol.V1) as bench:
            await bench.drain()
            assert (await bench.ledger.cursor("d")).number == 10
    assert len(set(receiver.stored)) == 10
    assert sorted(set(values(receiver))) == [float(n) for n in range(1, 11)]


async def test_what_the_inbox_forgets_before_it_went_is_counted_once(tmp_path: Path) -> None:
    with running_scripted(takes_1) as receiver:
        async with opened(tmp_path, receiver.url) as bench:
            await fill(bench.inbox, 4)
            await bench.drain()
            await fill(bench.inbox, 6, begin=5)
            await bench.inbox.prune(SystemClock().wall_ns() + 1)
            await bench.courier.watch()
            await bench.courier.watch()
            assert bench.counted("pruned_parcels_total") == 6
            await fill(bench.inbox, 1, begin=11)
            await bench.drain()
            assert bench.counted("pruned_parcels_total") == 6
            assert bench.counted("pending_parcels") == 0
    assert values(receiver) == [1.0, 2.0, 3.0, 4.0, 11.0]


async def test_what_was_forgotten_out_of_order_is_counted_and_what_is_in_memory_is_not(tmp_path: Path) -> None:
    """A clock that was once in the future keeps one old batch in front of those that went; a full disk takes any."""
    with running_scripted(takes_1) as receiver:
        async with opened(tmp_path, receiver.url) as bench:
            await fill(bench.inbox, 9)
            bench.inbox._parcels = [each for each in bench.inbox._parcels if each.number in {1, 2, 6, 9}]
            reading_them, watching = bench.courier._translate, bench.courier.watch

            async def forgotten_meanwhile(parcels: list[StoredParcel]) -> tuple[Translation, StoredParcel]:
                bench.inbox._parcels.clear()
                await watching()
                return await reading_them(parcels)

            bench.courier._translate = forgotten_meanwhile  # type: ignore[method-assign]
            await bench.drain()
            assert bench.counted("pruned_parcels_total") == 5
            assert bench.counted("pending_parcels") == 0
            assert bench.ledger.reached() == 9
    assert values(receiver) == [1.0, 2.0, 6.0, 9.0]


async def test_behind_a_restored_inbox_the_cursor_does_not_wait_for_old_numbers(tmp_path: Path) -> None:
    """The agents refill what the backup did not have, under numbers that the cursor has passed already."""
    with running_scripted(takes_1) as receiver:
        async with opened(tmp_path, receiver.url) as bench:
            await fill(bench.inbox, 9)
            await bench.drain()
        restored = MemoryInbox()
        await fill(restored, 4)
        async with opened(tmp_path, receiver.url, restored) as bench:
            await fill(restored, 3, begin=20)
            await bench.drain()
    assert values(receiver)[9:] == [20.0, 21.0, 22.0]


async def test_dead_letters_are_bounded_and_move_with_the_cursor(tmp_path: Path) -> None:
    with running_scripted(refusing(lambda _: True)) as receiver:
        async with opened(tmp_path, receiver.url, protocol=Protocol.V1) as bench:
            bench.ledger._kept = 7
            await fill(bench.inbox, 20)
            await bench.drain()
            assert [letter.value for letter in await bench.ledger.dead_letters("d")] == [
                float(n) for n in range(14, 21)
            ]
            assert (await bench.ledger.cursor("d")).number == 20
            assert bench.counted("samples_dead_total", reason="out_of_order") == 20


async def test_a_store_that_refuses_what_is_late_is_known_before_the_first_outage(tmp_path: Path) -> None:
    day_ms = SystemClock().wall_ns() // 1_000_000 - 86_400_000
    with running_scripted(refusing(lambda sample: sample[1] < day_ms, 400, "out of bounds")) as receiver:
        async with opened(tmp_path, receiver.url) as bench:
            assert not await bench.courier.try_late_sample()
            assert bench.counted("late_samples_refused") == 1
            receiver.rule = takes_1
            assert await bench.courier.try_late_sample()
            assert bench.counted("late_samples_refused") == 0


async def test_a_fault_of_ours_is_told_and_tried_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    class Faulty(MemoryInbox):
        faults = 0

        async def extent(self) -> tuple[int, int]:
            if self.faults > 0:
                self.faults -= 1
                raise RuntimeError("of ours")
            return await super().extent()

    inbox = Faulty()
    with running_scripted(takes_1) as receiver:
        async with opened(tmp_path, receiver.url, inbox) as bench:
            await fill(inbox, 3, begin=2)
            inbox.faults = 3
            running = asyncio.ensure_future(bench.courier.run_for_ever())
            async with asyncio.timeout(10):
                while not {2.0, 3.0, 4.0} <= set(values(receiver)):  # noqa: ASYNC110 - a thread fills it
                    await asyncio.sleep(0.01)
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
    assert inbox.faults == 0
    assert "cannot go on: RuntimeError: of ours" in caplog.text


async def test_while_the_clock_cannot_be_right_nothing_goes_not_even_the_canary(tmp_path: Path) -> None:
    """One sample of 2098 makes Prometheus refuse everybody else's until then."""
    doubtful, asked = True, 0

    def held() -> bool:
        nonlocal asked
        asked += 1
        return doubtful

    with running_scripted(takes_1) as receiver:
        async with opened(tmp_path, receiver.url, held=held, protocol=Protocol.V1) as bench:
            await fill(bench.inbox, 3)
            running = asyncio.create_task(bench.courier.run_for_ever())
            async with asyncio.timeout(20):
                while asked < 2:  # noqa: ASYNC110 - the courier looks once a second
                    await asyncio.sleep(0.01)
                assert receiver.requests == []
                doubtful = False
                while len(receiver.stored) < 5:  # noqa: ASYNC110 - the server is a thread
                    await asyncio.sleep(0.01)
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
    assert values(receiver)[-3:] == [1.0, 2.0, 3.0]
