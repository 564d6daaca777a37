"""An agent's statement against what the inbox has seen: what is missing, can it still come; it asks nobody."""

from dataclasses import dataclass

from collector.ingest.ranges import Ranges, common, count, normal, without
from shared.wire.reading import Statement

MOST_RUNS = 4096
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Balance:
    """How complete the records of one epoch are."""

    produced: int
    """Records that the agent numbered."""
    soft: int
    """Not here, but the agent holds them and will send them."""
    hard: int
    """Not here and held by nobody: lost for ever, or refused."""
    resend_from: int | None
    """The first record that the agent takes for delivered and still holds, and that is not here."""

    def given_up(self) -> "Balance":
        """The same where the agent holds nothing of the epoch any more: nothing is still to come."""
        return Balance(self.produced, 0, self.soft + self.hard, None)

    @property
    def completeness(self) -> float:
        """Share of the records that is here, 0 to 1; 1 where there were none."""
        return 1.0 if self.produced == 0 else (self.produced - self.soft - self.hard) / self.produced


def compare(statement: Statement, seen: Ranges) -> Balance | None:
    """The balance; None for a statement that cannot be one."""
    runs = (statement.waiting, statement.held, statement.lost, statement.refused)
    if not 0 <= statement.last <= _LARGEST or sum(map(len, runs)) > MOST_RUNS:
        return None
    if any(not 0 < first <= last <= statement.last for ranges in runs for first, last in ranges):
        return None
    everything: Ranges = ((1, statement.last),) if statement.last else ()
    missing = without(everything, seen)
    delivered = common(missing, normal(statement.held))
    waiting = common(missing, normal(statement.waiting))
    soft = count(normal((*delivered, *waiting)))
    return Balance(
        produced=statement.last,
        soft=soft,
        hard=count(missing) - soft,
        resend_from=delivered[0][0] if delivered else None,
    )
