"""One join code, used by many machines at once: exactly one of them is enrolled."""

import asyncio
import random

from collector.identity.book import Book
from collector.identity.records import Key, KeyState, Refused
from collector.ingest.enrolment import EnrolEndpoint
from lab.prove import Finding, Proof, Trial
from lab.prove.door import new_key, open_door
from shared.wire.enrolment import EnrolRequest, enrol_request

_SITE = "s1"


class _Careless(EnrolEndpoint):
    """Broken on purpose: welcomes whoever comes with a code that was right once."""

    def _decide(self, book: Book, request: EnrolRequest) -> tuple[Key, str] | Refused:
        found = super()._decide(book, request)
        if found is not Refused.USED:
            return found
        again = Key(
            key_id="0" * 64,
            public=request.public_key,
            agent=_SITE,
            site=_SITE,
            state=KeyState.ACTIVE,
            enrolled_wall_ns=0,
        )
        return again, "0" * 32


def _run(trial: Trial) -> Finding:
    return asyncio.run(_prove(trial))


async def _prove(trial: Trial) -> Finding:
    draw = random.Random(trial.seed)
    secret = draw.randbytes(16)
    requests = [enrol_request(secret, new_key(draw.randbytes(32))) for _ in range(trial.count)]
    async with open_door(enrolling=_Careless if trial.sabotage else EnrolEndpoint) as door:
        await door.invite(secret, _SITE)
        answers = await asyncio.gather(*(door.enrol(request) for request in requests))
        keys = await door.keys.read(lambda book: book.every_key())
    winners = sum(status == 200 for status, _ in answers)
    return Finding(trial.count, abs(winners - 1) + abs(len(keys) - 1), (f"{winners} told so, {len(keys)} in the book",))


PROOF = Proof("one-winner", "a join code used by many at once enrols one", 1_000, 100, _run)
