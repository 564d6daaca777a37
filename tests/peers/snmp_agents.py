"""SNMP agents on the loopback that say what a script says: honest ones over a recording, and hostile ones."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from agent.snmp.ber import RESPONSE, Head, OidCache, encode_message, encode_varbind, read_head, read_varbinds
from agent.snmp.engine import Oid, Varbind
from lab.recording import Moment, Recording
from lab.responder import Responder

COMMUNITY = "hagiang-2c"


@dataclass(frozen=True)
class Question:
    """What was asked, and the means to answer it in every wrong way."""

    datagram: bytes
    head: Head
    oids: tuple[Oid, ...]
    number: int
    """How many questions came before it."""

    def answer(self, *varbinds: Varbind, raw: bytes | None = None, **changes: object) -> bytes:
        """The answer with these varbinds (or their bytes); ``changes`` are fields of the head."""
        honest = Head(self.head.version, self.head.community, RESPONSE, self.head.request_id, 0, 0)
        listed = b"".join(map(encode_varbind, varbinds)) if raw is None else raw
        return encode_message(honest._replace(**changes), listed)  # type: ignore[arg-type]


@dataclass(frozen=True)
class FromElsewhere:
    """An answer that leaves from another socket than the one that was asked."""

    datagram: bytes


Script = Callable[[Question], Iterable[bytes | FromElsewhere]]


@dataclass
class ScriptedAgent:
    """Where it listens, and all it was asked."""

    port: int
    address: str = "127.0.0.1"
    questions: list[Question] = field(default_factory=list)


class _Listener(asyncio.DatagramProtocol):
    def __init__(self, take: Callable[[bytes, tuple[str, int]], None]) -> None:
        self._take = take

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._take(data, addr)


@asynccontextmanager
async def scripted_agent(script: Script, address: str = "127.0.0.1") -> AsyncIterator[ScriptedAgent]:
    """An agent that answers each question as the script says."""
    loop = asyncio.get_running_loop()
    cache = OidCache()

    def take(datagram: bytes, addr: tuple[str, int]) -> None:
        head = read_head(datagram)
        oids = tuple(varbind.oid for varbind in read_varbinds(datagram, head, cache))
        question = Question(datagram, head, oids, len(agent.questions))
        agent.questions.append(question)
        for answer in script(question):
            if isinstance(answer, FromElsewhere):
                elsewhere.sendto(answer.datagram, addr)
            else:
                transport.sendto(answer, addr)

    transport, _ = await loop.create_datagram_endpoint(lambda: _Listener(take), local_addr=(address, 0))
    elsewhere, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=(address, 0))
    agent = ScriptedAgent(transport.get_extra_info("sockname")[1], address)
    try:
        yield agent
    finally:
        transport.close()
        elsewhere.close()


@asynccontextmanager
async def recorded_agent(recording: Recording, community: str = COMMUNITY) -> AsyncIterator[ScriptedAgent]:
    """An honest agent: the lab's responder, whose codec is not the one under test."""
    responder = Responder(recording, community)

    def script(question: Question) -> Iterable[bytes]:
        answer = responder.answer(question.datagram, Moment())
        return [] if answer is None else [answer]

    async with scripted_agent(script) as agent:
        yield agent
