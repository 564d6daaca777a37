"""The settings of the spool; nothing is decided here."""

from collections.abc import Iterator

import msgspec

_MOST_MEGABYTES = 1_000_000
_MOST_HOURS = 9000


class SpoolSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much the spool may keep."""

    quota_megabytes: int = 200
    keep_acknowledged_hours: float = 48.0
    """For a collector restored from a backup."""

    @property
    def quota_bytes(self) -> int:
        """For the spool; as much again for files that were set aside."""
        return self.quota_megabytes * 1024 * 1024


def problems_of(spool: SpoolSettings) -> Iterator[tuple[str, str]]:
    """Key and fault of what types cannot say."""
    if not 1 <= spool.quota_megabytes <= _MOST_MEGABYTES:
        yield "quota_megabytes", f"must be from 1 to {_MOST_MEGABYTES}"
    if not 0 <= spool.keep_acknowledged_hours <= _MOST_HOURS:
        yield "keep_acknowledged_hours", f"must be from 0 to {_MOST_HOURS}"
