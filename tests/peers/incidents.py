"""Incidents as the judgement makes them, with what a test does not care about filled in."""

from typing import Any

from collector.incident import Cause, Confidence, Incident, Scope, Trouble

SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS
HOUR_NS = 60 * MINUTE_NS
NOON_NS = 1_795_582_800 * SECOND_NS
"""2026-11-25 12:00 in Hà Giang."""


def incident(number: int = 7, **given: Any) -> Incident:
    """Quản Bạ is cut off since noon."""
    stated: dict[str, Any] = {
        "version": 1,
        "at_ns": NOON_NS + 30 * SECOND_NS,
        "scope": Scope.SITE,
        "subject": "00898",
        "trouble": Trouble.DOWN,
        "cause": Cause.ACCESS_LINK,
        "confidence": Confidence.PROVISIONAL,
        "began_ns": NOON_NS,
        "known_ns": NOON_NS + 20 * SECOND_NS,
        "sites": ("00898",),
        "still": ("00898",),
    }
    return Incident(number=number, **{**stated, **given})
