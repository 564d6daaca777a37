"""How complete the records of agents and sites are, over all epochs that were stated; it asks nobody."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from collector.ingest.ranges import Ranges, count
from collector.ingest.statement import Balance
from shared.wire.bounds import MOST_EPOCHS
from shared.wire.reading import Statement


@dataclass(slots=True)
class Account:
    """The newest statement of an epoch, and what it came to."""

    statement: Statement
    balance: Balance
    looked_ns: int
    """When the balance was struck, monotonic."""
    is_gone: bool = False
    """Whether the agent holds nothing of the epoch any more."""
    altered: Ranges = ()
    """Here in full number, but not with the bytes that the agent numbered."""


_MOST_RUNS = 512 * MOST_EPOCHS
"""Of all epochs of an agent together: as much as a spool tells of each."""


class Accounts:
    """One agent's epochs; beyond the newest so many, or so long ones, they count no more."""

    def __init__(self, known: Iterable[Account] = ()) -> None:
        """``known`` is what was stated before the collector started."""
        self._epochs = {account.statement.epoch: account for account in known}
        self._heard: set[str] = set()
        self._forget_oldest()

    def heard(self, epoch: str) -> bool:
        """Whether the epoch was stated since the collector started."""
        return epoch in self._heard

    def note(self, statement: Statement, balance: Balance, altered: Ranges, now_ns: int) -> None:
        """Take an epoch's newest statement for the one that counts."""
        self._epochs.pop(statement.epoch, None)
        self._heard.add(statement.epoch)
        self._epochs[statement.epoch] = Account(statement, balance, now_ns, altered=altered)
        self._forget_oldest()

    def altered(self, epoch: str) -> Ranges:
        """What was found not to be the same, when the epoch was last stated."""
        account = self._epochs.get(epoch)
        return account.altered if account else ()

    def gone(self, statement: Statement) -> list[Account]:
        """Epochs of which something was still to come and that the statement does not know any more."""
        if statement.others is None:
            return []
        kept = {statement.epoch, *statement.others}
        return [each for epoch, each in self._epochs.items() if epoch not in kept and not each.is_gone]

    def open(self, before_ns: int) -> list[Account]:
        """Those of which something is still to come, and that were looked at before then."""
        return [each for each in self._epochs.values() if each.balance.soft and each.looked_ns <= before_ns]

    def total(self) -> Balance:
        """All epochs together."""
        return total(replace(each.balance, altered=count(each.altered)) for each in self._epochs.values())

    def _forget_oldest(self) -> None:
        runs = sum(map(_runs, self._epochs.values()))
        while len(self._epochs) > MOST_EPOCHS or runs > _MOST_RUNS:
            epoch = next(iter(self._epochs))
            runs -= _runs(self._epochs.pop(epoch))
            self._heard.discard(epoch)


def _runs(account: Account) -> int:
    statement = account.statement
    return sum(map(len, (statement.waiting, statement.held, statement.lost, statement.refused, account.altered)))


class Books:
    """Adds up what agents come to, by the sites where they stand."""

    def __init__(
        self,
        site_of: Callable[[str], str],
        tell_agent: Callable[[str, float, int, int, int], None],
        tell_site: Callable[[str, float, int, int, int], None],
    ) -> None:
        """The last two take a name, the completeness, and how many records are still to come, lost, and altered."""
        self._site_of = site_of
        self._tell_agent = tell_agent
        self._tell_site = tell_site
        self._agents: dict[str, tuple[str, Balance]] = {}

    def note(self, agent: str, balance: Balance) -> None:
        """How an agent's records stand now."""
        site, (before, _) = self._site_of(agent), self._agents.get(agent, ("", balance))
        self._agents[agent] = site, balance
        self._tell_agent(agent, balance.completeness, balance.soft, balance.hard, balance.altered)
        for each in {site, before} - {""}:
            whole = total(kept for where, kept in self._agents.values() if where == each)
            self._tell_site(each, whole.completeness, whole.soft, whole.hard, whole.altered)


def total(balances: Iterable[Balance]) -> Balance:
    """Several balances as one."""
    produced = soft = hard = altered = 0
    for each in balances:
        produced, soft, hard = produced + each.produced, soft + each.soft, hard + each.hard
        altered += each.altered
    return Balance(produced, soft, hard, None, altered)
