"""Asks agents for their statements and answers them from the inbox; it stores nothing and refuses nobody."""

from collections.abc import Callable
from dataclasses import dataclass

from collector.ingest.inbox import Inbox, InboxBusyError, InboxFailedError
from collector.ingest.statement import compare
from shared.clock import Clock
from shared.logs import Limited
from shared.wire.reading import Batch

_AGAIN_NS = 60 * 1_000_000_000


@dataclass(frozen=True, slots=True)
class Wish:
    """What the next answer asks of an agent."""

    statement: bool
    resend_from: int | None


class Reconciliation:
    """Knows which agents have stated what they sent since the collector started."""

    def __init__(
        self, inbox: Inbox, tell: Callable[[str, float, int, int], None], clock: Clock, complain: Limited
    ) -> None:
        """``tell`` takes an agent's completeness, and how many of its records are still to come and lost."""
        self._inbox = inbox
        self._tell = tell
        self._complain = complain
        self._clock = clock
        self._heard: dict[str, str] = {}
        self._again_ns: dict[str, int] = {}
        """When to ask agents again of whom something was still to come; others state by themselves every hour."""

    async def meet(self, agent: str, batch: Batch) -> Wish:
        """After the batch was stored: compare its statement where it has one."""
        statement = batch.statement
        if statement is None or statement.epoch != batch.epoch:
            return Wish(statement=self._is_due(agent, batch.epoch), resend_from=None)
        try:
            seen = await self._inbox.seen(agent, batch.epoch)
        except (InboxBusyError, InboxFailedError):
            return Wish(statement=True, resend_from=None)
        self._heard[agent] = batch.epoch
        self._again_ns.pop(agent, None)
        balance = compare(statement, seen)
        if balance is None:
            self._complain.warning("an agent's statement of what it sent makes no sense", agent)
            return Wish(statement=False, resend_from=None)
        self._tell(agent, balance.completeness, balance.soft, balance.hard)
        if balance.resend_from is not None:
            what = f"agent {agent} sends again from record {balance.resend_from}"
            self._complain.warning("records that were acknowledged are not in the inbox", what)
        if balance.soft:
            self._again_ns[agent] = self._clock.monotonic_ns() + _AGAIN_NS
        return Wish(statement=False, resend_from=balance.resend_from)

    def _is_due(self, agent: str, epoch: str) -> bool:
        again_ns = self._again_ns.get(agent)
        return self._heard.get(agent) != epoch or (again_ns is not None and self._clock.monotonic_ns() >= again_ns)
