"""How long to wait before the next try: full jitter, drawn after the cap, so that a fleet never returns in step."""

import msgspec


class BackoffSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bounds of the wait between tries."""

    first_seconds: float = 1.0
    cap_seconds: float = 45.0
    """With an attempt of its own, live state is there within a minute of the line's return."""


USUAL = BackoffSettings()


def wait_seconds(
    failures: int, draw: float, settings: BackoffSettings, retry_after_seconds: float | None = None
) -> float:
    """Seconds to wait after ``failures`` failures in a row; ``draw`` is uniform in [0, 1).

    A collector's ``Retry-After`` is the least to wait; the jitter comes on top of it.
    """
    ceiling = min(settings.cap_seconds, settings.first_seconds * 2.0 ** min(failures, 32))
    return (retry_after_seconds or 0.0) + draw * ceiling
