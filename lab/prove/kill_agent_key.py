"""An enrolled agent and its collector, killed in the middle of batches and rotations, over and over: one machine."""

import asyncio
import random
import tempfile
from collections import Counter
from functools import partial
from pathlib import Path

import msgspec

from agent.identity.card import chain_path, read_card
from agent.identity.chain_file import ChainFile
from agent.identity.proof import KeyProof
from agent.uplink.proof import Stamp
from collector.identity.book import open_book
from lab.prove import Finding, Proof, Trial
from lab.prove.door import BATCHES, Door, open_door
from lab.prove.forks import Tell, killed_after
from lab.prove.member import join, renew
from shared.clock import SystemClock
from shared.logs import Limited, logger
from shared.wire.codec import encode_batch
from shared.wire.reading import Acknowledgement, Batch, ClockQuality, Cycle, Lane, Record

_LONGEST_SECONDS = 0.15
_LIVES_A_FOLDER = 100
_ROTATE_EVERY = 2


class _Hasty(KeyProof):
    """Broken on purpose: its chain is in memory only."""

    def _keep(self, body: bytes) -> None:
        card = read_card(self._state)
        if card is not None:
            given = msgspec.json.decode(body, type=Acknowledgement).chain
            self._chain = ChainFile(chain_path(self._state, card), (1, bytes.fromhex(given)))


def _run(trial: Trial) -> Finding:
    dice, told, broken = random.Random(trial.seed), Counter[str](), 0
    for begun in range(0, trial.count, _LIVES_A_FOLDER):
        lives = min(_LIVES_A_FOLDER, trial.count - begun)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            asyncio.run(_begin(folder, dice))
            for _ in range(lives):
                work = partial(_work, folder, dice.getrandbits(64), _Hasty if trial.sabotage else KeyProof)
                told.update(killed_after(dice.uniform(0.001, _LONGEST_SECONDS), work))
            with open_book(folder / "identity.sqlite") as book:
                broken += len(book.suspects())
        trial.tell(f"{begun + lives} kills")
    refused = sum(count for word, count in told.items() if word not in {"200", "rotated"})
    seen = (f"{told['200']:,} batches taken, {told['rotated']:,} rotations", f"{refused} refused, {broken} suspected")
    return Finding(trial.count, refused + broken, seen)


async def _begin(folder: Path, dice: random.Random) -> None:
    async with open_door(book=folder / "identity.sqlite") as door:
        await join(door, folder / "agent", dice)


def _work(folder: Path, seed: int, proof: type[KeyProof], tell: Tell) -> None:
    asyncio.run(_live(folder, random.Random(seed), proof, tell))


async def _live(folder: Path, dice: random.Random, kind: type[KeyProof], tell: Tell) -> None:
    """Send and rotate until the end: what the one says and what the other wrote is cut off anywhere."""
    state = folder / "agent"
    card = read_card(state)
    if card is None:
        raise FileNotFoundError(state)
    quiet = logger("phusong.prove")
    quiet.disabled = True
    async with open_door(book=folder / "identity.sqlite") as door:
        proof = kind(state, card, Limited(quiet, SystemClock()))
        tell("ready")
        number = 0
        while True:
            number += 1
            tell(str(await _send(door, proof, card.agent, number)))
            if dice.randrange(_ROTATE_EVERY) == 0:
                await renew(door.ask, state, dice.randbytes(32))
                tell("rotated")


async def _send(door: Door, proof: KeyProof, agent: str, number: int) -> int:
    records = (Record(number, Cycle("boot", ClockQuality.UNKNOWN, ())),)
    body = encode_batch(Batch(agent, "epoch", "boot", 1, 1, Lane.LIVE, records))
    headers = proof.headers(BATCHES, body, Stamp("epoch", number, number))
    reply = await door.ask(BATCHES, body, headers)
    return proof.believe(headers, reply).status


PROOF = Proof(
    "kill-agent-key",
    "an enrolled agent and its collector killed in the middle of batches and rotations: never taken for two",
    2_000,
    60,
    _run,
)
