"""What both engines do with agents that lie, babble or never end.

Documented failures only, and the right answer wherever one comes before the deadline.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable

import pytest

from agent.probe import Credential
from agent.snmp.ber import tlv
from agent.snmp.engine import (
    BadAnswer,
    ErrorStatus,
    Kind,
    NoAnswer,
    Patience,
    Peer,
    PortClosed,
    SnmpEngine,
    SnmpFailure,
    Value,
    Varbind,
    parse_oid,
)
from agent.snmp.pysnmp_engine import open_pysnmp_engine
from agent.snmp.session import open_session
from shared.secret import Secret
from tests.peers.snmp_agents import COMMUNITY, FromElsewhere, Question, ScriptedAgent, scripted_agent
from tests.peers.snmpd import free_udp_port

NAME = parse_oid("1.3.6.1.2.1.1.5.0")
COLUMN = parse_oid("1.3.6.1.2.1.2.2.1.10")
RIGHT = Varbind(NAME, Value(Kind.OCTET_STRING, b"right"))
WRONG = Varbind(NAME, Value(Kind.OCTET_STRING, b"wrong"))
AFTER = Varbind((1, 3, 7), Value(Kind.INTEGER, 0))
Answers = Iterable[bytes | FromElsewhere]


@pytest.fixture(params=["own", "pysnmp"])
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[SnmpEngine]:
    async with open_session() if request.param == "own" else open_pysnmp_engine() as opened:
        yield opened


@pytest.fixture
async def own() -> AsyncIterator[SnmpEngine]:
    async with open_session() as opened:
        yield opened


def patience(seconds: float = 0.25, **options: object) -> Patience:
    until = asyncio.get_running_loop().time() + seconds
    return Patience(until=until, **{"tries": 1, **options})  # type: ignore[arg-type]


def peer(agent: ScriptedAgent) -> Peer:
    return Peer(agent.address, agent.port, Credential(community=Secret(COMMUNITY)))


def own_engine(engine: SnmpEngine) -> bool:
    return "pysnmp" not in type(engine._exchange).__module__  # type: ignore[attr-defined]


def row(number: int, *behind: int) -> Varbind:
    return Varbind((*COLUMN, number, *behind), Value(Kind.COUNTER32, number))


def nested(question: Question) -> bytes:
    deep = b""
    while len(deep) < 60_000:
        deep = tlv(0x30, deep)
    return question.answer(raw=deep)


WRONG_ONES: dict[str, Callable[[Question], bytes | FromElsewhere]] = {
    "from another port": lambda q: FromElsewhere(q.answer(WRONG)),
    "another request id": lambda q: q.answer(WRONG, request_id=q.head.request_id ^ 1),
    "another community": lambda q: q.answer(WRONG, community=b"other"),
    "no community": lambda q: q.answer(WRONG, community=b""),
    "another version": lambda q: q.answer(WRONG, version=0),
    "a version that there is not": lambda q: q.answer(WRONG, version=7),
    "a question back": lambda q: q.datagram,
    "a trap": lambda q: q.answer(WRONG, pdu=0xA7),
    "no SNMP at all": lambda _: b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "an empty datagram": lambda _: b"",
    "cut off in the middle": lambda q: q.answer(WRONG)[:-3],
    "a length that lies": lambda q: b"\x30\x84\xff\xff\xff\xff" + q.answer(WRONG)[2:],
    "a length without end": lambda q: b"\x30\x80" + q.answer(WRONG)[2:],
    "an arc over 32 bits": lambda q: q.answer(raw=tlv(0x30, tlv(0x06, b"\x2b\x90\x80\x80\x80\x80\x00") + b"\x05\x00")),
    "a name of 1200 bytes": lambda q: q.answer(raw=tlv(0x30, tlv(0x06, b"\x2b" * 1200) + b"\x05\x00")),
    "an IpAddress of 3 bytes": lambda q: q.answer(raw=tlv(0x30, tlv(0x06, b"\x2b\x06") + b"\x40\x03\x01\x02\x03")),
    "an unknown type": lambda q: q.answer(raw=tlv(0x30, tlv(0x06, b"\x2b\x06") + b"\x4f\x01\x01")),
    "nested 15000 deep": nested,
    "64 kB of zeros": lambda _: bytes(65_000),
}


@pytest.mark.parametrize("case", WRONG_ONES)
async def test_what_cannot_be_taken_is_dropped_and_the_right_answer_is_still_heard(
    engine: SnmpEngine, case: str
) -> None:
    def script(question: Question) -> Answers:
        yield WRONG_ONES[case](question)
        yield question.answer(RIGHT)

    async with scripted_agent(script) as agent:
        try:
            assert await engine.get(peer(agent), [NAME], patience(2.0)) == [RIGHT]
        except BadAnswer:
            # pysnmp takes such a name for good, so that it is refused only after the question has ended.
            assert not own_engine(engine)
            assert case in {"an arc over 32 bits", "a name of 1200 bytes"}


@pytest.mark.parametrize("case", WRONG_ONES)
async def test_what_cannot_be_taken_is_never_an_answer(own: SnmpEngine, case: str) -> None:
    async with scripted_agent(lambda question: [WRONG_ONES[case](question)]) as agent:
        with pytest.raises((NoAnswer, BadAnswer)):
            await own.get(peer(agent), [NAME], patience(0.05))


async def test_noise_is_named_where_nothing_better_came(own: SnmpEngine) -> None:
    """An operator must see the difference between a dead router and a port on which something else listens."""
    async with scripted_agent(lambda _: [b"HTTP/1.1 400 Bad Request\r\n\r\n"]) as agent:
        with pytest.raises(BadAnswer, match="what came is not valid SNMP: an element is 0x48, not 0x30"):
            await own.get(peer(agent), [NAME], patience(0.05))


ENDLESS: dict[str, Callable[[Question], list[Varbind]]] = {
    "the same for ever": lambda _: [row(1)],
    "back and forth": lambda q: [row(5 if q.number % 2 else 3)],
    "going back": lambda q: [row(1000 - q.number)],
    "a repeat within one answer": lambda _: [row(1), row(2), row(2), row(3)],
    "rows and more for ever": lambda q: [row(q.oids[0][-1], q.number, n) for n in range(1, 20)],
    "64 kB and more for ever": lambda q: [
        Varbind((*COLUMN, 1, q.number), Value(Kind.OCTET_STRING, bytes(60_000))),
    ],
}


@pytest.mark.parametrize("case", ENDLESS)
async def test_a_walk_that_does_not_rise_or_end_is_given_up(engine: SnmpEngine, case: str) -> None:
    word = "does not end" if case.endswith("more for ever") else "does not rise"
    async with scripted_agent(lambda q: [q.answer(*ENDLESS[case](q))]) as agent:
        with pytest.raises(BadAnswer, match=word):
            await engine.walk(peer(agent), COLUMN, patience(10.0, rows=200, octets=200_000))
        assert len(agent.questions) < 30


async def test_a_walk_is_over_when_the_deadline_is(own: SnmpEngine) -> None:
    """Each answer comes in time, but there is no end to them."""
    begun = asyncio.get_running_loop().time()
    async with scripted_agent(lambda q: [q.answer(row(1, q.number))]) as agent:
        with pytest.raises(NoAnswer):
            await own.walk(peer(agent), COLUMN, patience(0.3, rows=10**9))
    assert asyncio.get_running_loop().time() - begun < 5


async def test_a_walk_ends_at_its_column_and_at_the_end_of_everything(engine: SnmpEngine) -> None:
    behind = Varbind((1, 3, 6, 1, 2, 1, 2, 2, 1, 11, 1), Value(Kind.COUNTER32, 5))
    over = Varbind((*COLUMN, 2), Value(Kind.END_OF_MIB_VIEW, None))
    for last in (behind, over):
        async with scripted_agent(lambda q, last=last: [q.answer(row(1), row(2), last)]) as agent:  # type: ignore[misc]
            assert await engine.walk(peer(agent), COLUMN, patience(2.0)) == [row(1), row(2)]


@pytest.mark.parametrize(("status", "name"), [(5, "genErr"), (16, "authorizationError"), (99, "error-status 99")])
async def test_an_error_status_is_raised_never_an_empty_result(own: SnmpEngine, status: int, name: str) -> None:
    async with scripted_agent(lambda q: [q.answer(RIGHT, status=status, position=1)]) as agent:
        for asking in (own.get(peer(agent), [NAME], patience()), own.walk(peer(agent), COLUMN, patience())):
            with pytest.raises(ErrorStatus, match=f"the device answers with {name}"):
                await asking


@pytest.mark.parametrize("varbinds", [(), (row(1),), (RIGHT, RIGHT)])
async def test_an_answer_for_other_objects_than_asked_is_no_answer(
    engine: SnmpEngine, varbinds: tuple[Varbind, ...]
) -> None:
    async with scripted_agent(lambda q: [q.answer(*varbinds)]) as agent:
        with pytest.raises(BadAnswer, match="answers for other objects"):
            await engine.get(peer(agent), [NAME], patience(1.0))


@pytest.mark.parametrize("kind", [Kind.NO_SUCH_OBJECT, Kind.NO_SUCH_INSTANCE, Kind.END_OF_MIB_VIEW])
async def test_what_is_not_there_is_typed_and_never_left_out(engine: SnmpEngine, kind: Kind) -> None:
    absent = Varbind(NAME, Value(kind, None))
    async with scripted_agent(lambda q: [q.answer(absent)]) as agent:
        assert await engine.get(peer(agent), [NAME], patience(1.0)) == [absent]


async def test_too_big_is_asked_in_parts(engine: SnmpEngine) -> None:
    names = [(*COLUMN, number) for number in range(1, 8)]

    def script(question: Question) -> Answers:
        if len(question.oids) > 2:
            yield question.answer(status=1)
        else:
            yield question.answer(*(Varbind(oid, Value(Kind.INTEGER, oid[-1])) for oid in question.oids))

    async with scripted_agent(script) as agent:
        found = await engine.get(peer(agent), names, patience(3.0))
    assert [varbind.oid for varbind in found] == names


@pytest.mark.parametrize("loss", ["tooBig", "silence"])
async def test_a_walk_asks_for_less_where_large_answers_do_not_come(own: SnmpEngine, loss: str) -> None:
    """A tunnel that loses fragments lets small answers through; the device's limit is remembered."""
    most = 4

    def script(question: Question) -> Answers:
        start = question.oids[0][-1] if len(question.oids[0]) > len(COLUMN) else 0
        if question.head.position > most:
            return [question.answer(status=1)] if loss == "tooBig" else []
        rows = [row(number) for number in range(start + 1, min(start + question.head.position, 12) + 1)]
        return [question.answer(*rows, *([] if rows and rows[-1] != row(12) else [AFTER]))]

    async with scripted_agent(script) as agent:
        found = await own.walk(peer(agent), COLUMN, patience(5.0, tries=5, try_seconds=0.05, repetitions=32))
        asked = [question.head.position for question in agent.questions]
    assert found == [row(number) for number in range(1, 13)]
    assert asked[:4] == [32, 16, 8, 4]
    assert max(asked[4:]) < 32


async def test_a_lost_question_is_asked_again_and_a_late_answer_still_counts(own: SnmpEngine) -> None:
    def script(question: Question) -> Answers:
        return [agent.questions[0].answer(RIGHT)] if question.number == 2 else []

    async with scripted_agent(script) as agent:
        assert await own.get(peer(agent), [NAME], patience(5.0, tries=3, try_seconds=0.05)) == [RIGHT]
        assert len(agent.questions) == 3


async def test_questions_to_one_device_are_not_mixed_up(engine: SnmpEngine) -> None:
    """Answers come in the reverse order."""
    held: list[bytes] = []

    def script(question: Question) -> Answers:
        held.append(question.answer(Varbind(question.oids[0], Value(Kind.INTEGER, question.oids[0][-1]))))
        return reversed(held) if len(held) == 8 else []

    async with scripted_agent(script) as agent:
        names = [(*COLUMN, number) for number in range(8)]
        found = await asyncio.gather(*(engine.get(peer(agent), [name], patience(3.0)) for name in names))
    assert [varbinds[0].value.content for varbinds in found] == list(range(8))


async def test_silent_devices_keep_nobody_waiting() -> None:
    """More silent devices than the window holds, and one that answers."""
    async with (
        open_session(most=8) as own,
        scripted_agent(lambda _: []) as silent,
        scripted_agent(lambda q: [q.answer(RIGHT)]) as alive,
    ):
        asking = [
            asyncio.ensure_future(own.get(peer(silent), [NAME], patience(60.0, tries=3, try_seconds=0.05)))
            for _ in range(30)
        ]
        async with asyncio.timeout(10):
            while len(silent.questions) < 8:  # noqa: ASYNC110 - a datagram's arrival sets no event
                await asyncio.sleep(0.005)
        assert await own.get(peer(alive), [NAME], patience(20.0)) == [RIGHT]
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)


async def test_a_closed_port_is_told_apart_from_a_silent_device_at_once(own: SnmpEngine) -> None:
    async with scripted_agent(lambda _: []) as silent:
        waiting = asyncio.ensure_future(own.get(peer(silent), [NAME], patience(0.2)))
        with pytest.raises(PortClosed):
            await own.get(Peer("127.0.0.1", free_udp_port(), peer(silent).credential), [NAME], patience(60.0))
        with pytest.raises(NoAnswer):
            await waiting


async def test_ipv6_is_as_good(own: SnmpEngine) -> None:
    try:
        async with scripted_agent(lambda q: [q.answer(RIGHT)], "::1") as agent:
            assert await own.get(peer(agent), [NAME], patience(2.0)) == [RIGHT]
            assert await own.get(Peer("0:0::1", agent.port, peer(agent).credential), [NAME], patience(2.0)) == [RIGHT]
    except OSError as error:
        pytest.skip(f"no IPv6 loopback here: {error}")


async def test_a_secret_is_in_no_failure(own: SnmpEngine) -> None:
    async with scripted_agent(lambda q: [q.answer(WRONG, community=b"x" + q.head.community)]) as agent:
        with pytest.raises(SnmpFailure) as failed:
            await own.get(peer(agent), [NAME], patience(0.05))
        assert COMMUNITY not in str(failed.value) + repr(peer(agent))
