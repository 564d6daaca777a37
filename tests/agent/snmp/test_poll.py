"""One poll: what is asked, in how many questions, and what is left of it when a device fails in between."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from agent.probe import Credential
from agent.snmp.engine import BadAnswer, ErrorStatus, Kind, NoAnswer, Patience, Peer, Value, Varbind, parse_oid
from agent.snmp.poll import Polled, poll
from agent.snmp.session import open_session
from agent.snmp.shelf import load_shelf
from lab.recording import Moment, Recording, parse_recording
from lab.responder import Responder
from shared.secret import Secret
from tests.peers.snmp_agents import COMMUNITY, Question, Script, ScriptedAgent, scripted_agent

PROFILES = Path(__file__).parents[3] / "config" / "profiles"
DISCARDS = parse_oid("1.3.6.1.2.1.2.2.1.13")


def recording(name: str) -> Recording:
    return parse_recording((PROFILES / name / "recording.snmprec").read_text(encoding="utf-8"))


def honest(question: Question, responder: Responder) -> Iterable[bytes]:
    answer = responder.answer(question.datagram, Moment())
    return [] if answer is None else [answer]


async def polled(script: Script, seconds: float = 10.0) -> tuple[Polled, ScriptedAgent]:
    async with scripted_agent(script) as agent, open_session() as engine:
        peer = Peer("127.0.0.1", agent.port, Credential(community=Secret(COMMUNITY)))
        until = asyncio.get_running_loop().time() + seconds
        found = await poll(engine, peer, Patience(until=until, tries=1), load_shelf(PROFILES), ("if_mib",))
    return found, agent


async def test_a_small_router_is_asked_once_for_each_column_and_for_no_more_rows_than_it_has() -> None:
    """Many of them hang on a metered LTE link."""
    responder = Responder(recording("if_mib"), COMMUNITY)
    found, agent = await polled(lambda question: honest(question, responder))
    walks = [question for question in agent.questions if question.head.pdu == 0xA5]
    columns = [question.oids[0] for question in walks]

    assert found.failure is None
    assert len(columns) == len(set(columns)) == len(found.columns)
    assert [question.head.position for question in walks][1:] == [6] * (len(walks) - 1)


async def test_a_column_that_the_device_cannot_give_does_not_take_the_others_with_it() -> None:
    responder = Responder(recording("if_mib"), COMMUNITY)

    def script(question: Question) -> Iterable[bytes]:
        broken = question.oids[0][: len(DISCARDS)] == DISCARDS
        return [question.answer(status=5, position=1)] if broken else honest(question, responder)

    found, _ = await polled(script)
    names = {sample.name for sample in found.samples}

    assert isinstance(found.failure, ErrorStatus)
    assert "ifInDiscards" not in names
    assert {"ifOperStatus", "ifHCInOctets", "ifCounterDiscontinuityTime"} <= names


async def test_a_walk_that_does_not_rise_is_told_and_the_others_are_kept() -> None:
    responder = Responder(recording("if_mib"), COMMUNITY)

    twice = Varbind((*DISCARDS, 1), Value(Kind.COUNTER32, 0))

    def script(question: Question) -> Iterable[bytes]:
        broken = question.oids[0][: len(DISCARDS)] == DISCARDS
        return [question.answer(twice, twice)] if broken else honest(question, responder)

    found, _ = await polled(script)

    assert isinstance(found.failure, BadAnswer)
    assert {"ifOperStatus", "ifOutErrors"} <= {sample.name for sample in found.samples}


async def test_what_came_before_a_device_fell_silent_is_kept() -> None:
    responder = Responder(recording("if_mib"), COMMUNITY)
    found, _ = await polled(lambda q: honest(q, responder) if q.number < 6 else [], seconds=0.5)

    assert isinstance(found.failure, NoAnswer)
    assert found.uptime_seconds is not None
    assert "ifIndex" in {sample.name for sample in found.samples}
