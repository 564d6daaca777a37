"""What people say of an incident from its page: kept by those who tell, under the incident that tells of it now."""

from collections.abc import Sequence
from dataclasses import dataclass

from collector.notify.outbox import Remark
from collector.notify.teller import Teller


@dataclass(frozen=True, slots=True)
class Remarks:
    """Reads and adds; all raise sqlite3.Error where the disk refuses."""

    teller: Teller

    async def of(self, number: int) -> Sequence[Remark]:
        """All that was said, oldest first."""
        return await self.teller.outbox.remarks(self.teller.living(number))

    async def acknowledge(self, number: int, person: str) -> bool:
        """Stop the escalation; False where somebody had done so."""
        return await self.teller.acknowledge(self.teller.living(number), person)

    async def comment(self, number: int, person: str, text: str) -> None:
        """Add a line."""
        await self.teller.comment(self.teller.living(number), person, text)
