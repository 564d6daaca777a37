"""A wire that loses, doubles, keeps back, cuts and reorders requests and answers; what it keeps back comes late."""

import random
from collections import Counter
from dataclasses import dataclass, field

from agent.uplink.answer import Reply
from agent.uplink.connection import AwayError
from lab.prove.door import BATCHES, Door

_KEPT = 50
_FAULTS = ("none", "none", "none", "lost", "answer_lost", "doubled", "kept", "cut", "kept_and_delivered")


@dataclass
class Relay:
    """Between an agent and a door."""

    door: Door
    dice: random.Random
    kept: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    """How often each fault was dealt: a run without them would prove nothing."""
    statuses: Counter[int] = field(default_factory=Counter)
    """Of answers that reached the agent."""
    calm: bool = False
    """No faults any more."""

    async def __call__(self, body: bytes, headers: dict[str, str]) -> Reply:
        """A batch of the agent's."""
        return await self.carry(BATCHES, body, headers)

    async def carry(self, path: str, body: bytes, headers: dict[str, str]) -> Reply:
        """One request of the agent's."""
        fault = "none" if self.calm else self.dice.choice(_FAULTS)
        self.seen[fault] += 1
        if self.kept and self.dice.random() < 0.3:
            await self.deliver_kept()
        if fault in {"kept", "kept_and_delivered"}:
            self.kept.append((path, body, headers))
            del self.kept[:-_KEPT]
        if fault == "cut":
            await self.door.ask(path, body[: self.dice.randrange(len(body))], headers)
        if fault in {"lost", "kept", "cut"}:
            raise AwayError("the line broke")
        reply = await self.door.ask(path, body, headers)
        if fault == "doubled":
            await self.door.ask(path, body, headers)
        if fault == "answer_lost":
            raise AwayError("no answer")
        self.statuses[reply.status] += 1
        return reply

    async def deliver_kept(self) -> None:
        """One of those that were kept back arrives, out of its order."""
        path, body, headers = self.kept.pop(self.dice.randrange(len(self.kept)))
        await self.door.ask(path, body, headers)
        self.seen["came_late"] += 1
