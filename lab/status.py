"""Asks a collector how the province is, over its public interface; it changes nothing."""

import http.client
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_TIMEOUT_SECONDS = 3.0
_LATE = re.compile(rb'^phusong_collector_readings_unused_total\{reason="late"\} (\S+)$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Status:
    """What ``/api/v1/status`` says, as far as the demo tells of it."""

    states: Mapping[str, str] = field(default_factory=dict)
    """Word of the state by site id."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    reports: Mapping[str, float] = field(default_factory=dict)
    """Wall time of the newest batch by agent, Unix seconds."""

    def known(self) -> int:
        """Number of sites of which anything is known."""
        return sum(state != "unknown" for state in self.states.values())


def ask_status(port: int) -> Status | None:
    """The present status; None where the collector does not answer yet."""
    found = _get(port, "/api/v1/status")
    if found is None:
        return None
    answer = json.loads(found)
    sites: list[dict[str, Any]] = answer["sites"]
    return Status(
        {site["site"]: site["state"] for site in sites},
        {site["site"]: site["reason"] for site in sites},
        {agent["agent"]: agent["last_report"] for agent in answer["agents"] if agent["last_report"] is not None},
    )


def ask_late(port: int) -> int | None:
    """How many readings the collector stored that came after newer ones; None where it does not answer."""
    found = _LATE.search(_get(port, "/metrics") or b"")
    return int(float(found[1])) if found else None


def is_ready(port: int) -> bool:
    """Whether ``/readyz`` says so."""
    return _get(port, "/readyz") is not None


def _get(port: int, path: str) -> bytes | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return body if answer.status == 200 else None
