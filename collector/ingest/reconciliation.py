"""Asks agents for their statements and answers them from the inbox; it stores nothing and refuses nobody."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from collector.ingest.accounts import Account, Accounts
from collector.ingest.inbox import Inbox, InboxBusyError, InboxFailedError
from collector.ingest.ranges import Ranges
from collector.ingest.statement import Balance, Likeness, compare, liken, still_altered
from shared.clock import Clock
from shared.logs import Limited
from shared.wire.reading import Batch, Statement

_T = TypeVar("_T")
_SECOND_NS = 1_000_000_000
_AGAIN_NS = 60 * _SECOND_NS
_BURST, _EVERY_NS = 16, 5 * _SECOND_NS
"""Of one agent's statements: one is due each hour, and each minute for an epoch that is not complete."""
_FEW_RUNS = 512
"""What is more is compared in a thread: one agent's gaps must not hold up the answers to all others."""
_TOLD_RUNS = 4
_NOTHING_SHOWN = Likeness((), ())
_TROUBLE = (InboxBusyError, InboxFailedError)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the next answer asks of an agent."""

    statement: bool
    resend_from: int | None


NO_WISH = Wish(statement=False, resend_from=None)


class Reconciliation:
    """Knows what agents have stated since the collector started."""

    def __init__(self, inbox: Inbox, tell: Callable[[str, Balance], None], clock: Clock, complain: Limited) -> None:
        """``tell`` takes an agent and how its records stand, over all its epochs."""
        self._inbox = inbox
        self._tell = tell
        self._complain = complain
        self._clock = clock
        self._accounts: dict[str, Accounts] = {}
        self._taken_until_ns: dict[str, int] = {}

    async def look(self, agent: str, batch: Batch) -> Likeness | None:
        """Before the batch is stored, as the agent was when it made its statement: whether both hold the same bytes.

        None where the agent states more often than anybody need: this statement counts for nothing.
        """
        statement = batch.statement
        try:
            if statement is None or statement.epoch != batch.epoch:
                return _NOTHING_SHOWN
            if not self._may_state(agent):
                return None
            if not statement.blocks:
                return _NOTHING_SHOWN
            seen = await self._inbox.seen(agent, statement.epoch)
            if await _balance(statement, seen) is None:
                return _NOTHING_SHOWN
            blocks = await self._inbox.blocks(agent, statement.epoch)
            return await _aside(partial(liken, statement, seen, blocks), seen)
        except _TROUBLE:
            return _NOTHING_SHOWN

    async def meet(self, agent: str, batch: Batch, shown: Likeness = _NOTHING_SHOWN) -> Wish:
        """After the batch was stored: compare its statement where it has one, and keep what :meth:`look` has shown."""
        statement = batch.statement
        try:
            accounts = await self._of(agent)
            if statement is None or statement.epoch != batch.epoch:
                return Wish(statement=await self._look_again(agent, accounts, batch.epoch), resend_from=None)
            return await self._compare(agent, accounts, statement, shown)
        except _TROUBLE:
            return Wish(statement=True, resend_from=None)

    async def _of(self, agent: str) -> Accounts:
        """The agent's accounts; at its first batch what it stated before the collector started."""
        if agent not in self._accounts:
            known = []
            for statement, is_gone in await self._inbox.statements(agent):
                balance = await _balance(statement, await self._inbox.seen(agent, statement.epoch))
                if balance is not None:
                    known.append(Account(statement, balance.given_up() if is_gone else balance, 0, is_gone))
            self._accounts.setdefault(agent, Accounts(known))
        return self._accounts[agent]

    async def _compare(self, agent: str, accounts: Accounts, statement: Statement, shown: Likeness) -> Wish:
        balance = await _balance(statement, await self._inbox.seen(agent, statement.epoch))
        if balance is None:
            self._complain.warning("an agent's statement of what it sent makes no sense", agent)
            return Wish(statement=False, resend_from=None)
        altered = still_altered(accounts.altered(statement.epoch), statement, shown)
        accounts.note(statement, balance, altered, self._clock.monotonic_ns())
        gone = accounts.gone(statement)
        await self._inbox.note_statement(agent, statement, tuple(account.statement.epoch for account in gone))
        for account in gone:
            account.is_gone = True
        await self._strike(agent, [*gone, *accounts.open(self._clock.monotonic_ns() - _AGAIN_NS)])
        self._tell(agent, accounts.total())
        if altered:
            runs = ", ".join(f"{first} to {last}" for first, last in altered[:_TOLD_RUNS])
            what = f"agent {agent}, epoch {statement.epoch[:64]!a}, records {runs}"
            self._complain.warning("records here are not what their agent numbered, one in each of these runs", what)
        if balance.resend_from is not None:
            what = f"agent {agent} sends again from record {balance.resend_from}"
            self._complain.warning("records that were acknowledged are not in the inbox", what)
        return Wish(statement=False, resend_from=balance.resend_from)

    async def _look_again(self, agent: str, accounts: Accounts, epoch: str) -> bool:
        """What was still to come may have come; whether the agent should state this epoch, new or not complete yet."""
        due = accounts.open(self._clock.monotonic_ns() - _AGAIN_NS)
        await self._strike(agent, due)
        if due:
            self._tell(agent, accounts.total())
        return not accounts.heard(epoch) or any(account.statement.epoch == epoch for account in due)

    async def _strike(self, agent: str, due: list[Account]) -> None:
        """Strike these balances anew; of what the agent holds no more nothing is still to come."""
        for account in due:
            balance = await _balance(account.statement, await self._inbox.seen(agent, account.statement.epoch))
            balance = balance or account.balance
            account.balance = balance.given_up() if account.is_gone else balance
            account.looked_ns = self._clock.monotonic_ns()

    def _may_state(self, agent: str) -> bool:
        now_ns = self._clock.monotonic_ns()
        begins_ns = max(now_ns, self._taken_until_ns.get(agent, 0))
        if begins_ns - now_ns > (_BURST - 1) * _EVERY_NS:
            return False
        self._taken_until_ns[agent] = begins_ns + _EVERY_NS
        return True


async def _balance(statement: Statement, seen: Ranges) -> Balance | None:
    return await _aside(partial(compare, statement, seen), seen)


async def _aside(work: Callable[[], _T], seen: Ranges) -> _T:
    return work() if len(seen) <= _FEW_RUNS else await asyncio.to_thread(work)
