"""The settings of the spool; nothing is decided here."""

import msgspec


class SpoolSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much the spool may keep."""

    quota_megabytes: int = 200
    keep_acknowledged_hours: float = 48.0
    """For a collector restored from a backup."""

    @property
    def quota_bytes(self) -> int:
        """For the spool; as much again for files that were set aside."""
        return self.quota_megabytes * 1024 * 1024
