"""At the quota everything goes on: what is acknowledged or refused is settled, every record is accounted for."""

import random
from pathlib import Path

from agent.spool.opening import open_sqlite_spool
from agent.spool.quota import SpoolSettings

_RECORDS = 3_000


def test_at_the_quota_each_record_is_settled_or_counted_as_lost(tmp_path: Path) -> None:
    """To mark a record as acknowledged can want a page; a spool that cannot mark would send the same for ever."""
    dice = random.Random(7)
    settled = 0
    with open_sqlite_spool(tmp_path, SpoolSettings(quota_megabytes=1)) as spool:
        for number in range(_RECORDS):
            spool.put(dice.randbytes(dice.randrange(200, 3_000)), number)
            if number % 5 == 0 and number > _RECORDS // 2:
                oldest = [stored.sequence for stored in spool.oldest(dice.randrange(1, 60), 10**6)]
                settled += len(oldest)
                if dice.random() < 0.8:
                    spool.acknowledge(oldest, number)
                else:
                    spool.reject(oldest, "refused", number)
        waiting = spool.backlog().records
        lost = sum(gap.records for gap in spool.gaps())

        assert waiting + lost + settled >= _RECORDS
        assert lost > 100
        while oldest := [stored.sequence for stored in spool.oldest(60, 10**6)]:
            spool.acknowledge(oldest, _RECORDS)
        assert spool.backlog().records == 0
