"""Requests of machines that are nobody's, altered ones and old ones at a collector's door: none of them is taken."""

import asyncio
import random
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from collector.ingest.admission import Reason, Refusal
from collector.ingest.entrance import Entrance, Visitor
from lab.prove import Finding, Proof, Trial
from lab.prove.door import BATCHES, Door, new_key, open_door
from shared.wire.codec import encode_batch
from shared.wire.enrolment import Enrolled, enrol_request
from shared.wire.reading import Acknowledgement, Batch, ClockQuality, Cycle, Lane, Outcome, Reading, Record
from shared.wire.signature import INPUT, Claim, SignatureError, key_id_of, read, sign

_SITE = "s1"
_EPOCH = "epoch"
_Request = tuple[bytes, dict[str, str]]


class _Careless(Entrance):
    """Broken on purpose: believes whoever names a key that it knows."""

    async def visitor(self, method: str, path: str, headers: Iterable[tuple[bytes, bytes]]) -> Visitor:
        """Who it says it is."""
        told = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
        try:
            signed = read(method, path, told)
        except SignatureError as error:
            raise Refusal(Reason.SIGNATURE, str(error)) from None
        key = await self._find(signed.key_id)
        return Visitor(key.agent, key.site, signed)


@dataclass
class _Machine:
    """Signs with a key and presents a chain."""

    key: Ed25519PrivateKey
    chain: str
    sequence: int = 0

    def next(self) -> _Request:
        self.sequence += 1
        body = encode_batch(_batch(self.sequence, 1))
        return body, sign("POST", BATCHES, Claim(_EPOCH, self.sequence, self.sequence, self.chain), body, self.key)


def _batch(sequence: int, readings: int) -> Batch:
    reading = Reading("ping", "icmp", _SITE, "router", "router", Outcome.OK, 5, 5, 1)
    record = Record(sequence, Cycle("boot", ClockQuality.UNKNOWN, (reading,) * readings))
    return Batch(_SITE, _EPOCH, "boot", 10, 10, Lane.LIVE, (record,))


def _run(trial: Trial) -> Finding:
    return asyncio.run(_prove(trial))


async def _prove(trial: Trial) -> Finding:
    draw = random.Random(trial.seed)
    async with open_door(_Careless if trial.sabotage else Entrance) as door:
        machine = await _enrolled(door, draw)
        old = []
        for _ in range(20):
            old.append(machine.next())
            await _deliver(door, machine, old[-1])
        for _ in range(2):
            await _deliver(door, machine, machine.next())
        before = len(door.arrived)
        taken: dict[str, int] = {}
        for number in range(trial.count):
            kind, (body, headers) = _wrong(draw, machine, old)
            status, _ = await door.post(BATCHES, body, headers)
            if status == 200:
                taken[kind] = taken.get(kind, 0) + 1
            if number % 10_000 == 9_999:
                trial.tell(f"{number + 1:,} requests")
        stored = sum(len(arrival.fresh) for arrival in door.arrived[before:])
        alive, _ = await door.post(BATCHES, *machine.next())
    broken = sum(taken.values()) + (alive != 200)
    seen = (f"{kind}: {number} taken" for kind, number in taken.items())
    return Finding(trial.count, broken, (f"{stored} records stored", *seen))


async def _enrolled(door: Door, draw: random.Random) -> _Machine:
    secret, key = draw.randbytes(16), new_key(draw.randbytes(32))
    await door.invite(secret, _SITE)
    _, answer = await door.enrol(enrol_request(secret, key))
    return _Machine(key, msgspec.json.decode(answer, type=Enrolled).chain)


async def _deliver(door: Door, machine: _Machine, request: _Request) -> None:
    status, answer = await door.post(BATCHES, *request)
    if status == 200:
        machine.chain = msgspec.json.decode(answer, type=Acknowledgement).chain


def _wrong(draw: random.Random, machine: _Machine, old: list[_Request]) -> tuple[str, _Request]:
    kind = draw.choice(("forged", "named", "exchanged", "flipped", "replayed"))
    if kind == "replayed":
        return kind, draw.choice(old)
    thief = _Machine(new_key(draw.randbytes(32)), machine.chain, machine.sequence + draw.randrange(100))
    body, headers = thief.next()
    if kind == "named":
        mine, named = (key_id_of(each.key.public_key()) for each in (thief, machine))
        return kind, (body, {**headers, INPUT: headers[INPUT].replace(mine, named)})
    if kind == "forged":
        return kind, (body, headers)
    right = _Machine(machine.key, machine.chain, thief.sequence - 1)
    if kind == "exchanged":
        _, headers = right.next()
        return kind, (encode_batch(_batch(thief.sequence, 2)), headers)
    body, headers = right.next()
    part = draw.choice(("body", *headers))
    whole = bytearray(body if part == "body" else headers[part].encode("latin-1"))
    whole[draw.randrange(len(whole))] ^= 1 << draw.randrange(8)
    if part == "body":
        return kind, (bytes(whole), headers)
    return kind, (body, {**headers, part: whole.decode("latin-1")})


PROOF = Proof("forged-requests", "forged, altered and replayed requests: none is taken", 100_000, 1_000, _run)
