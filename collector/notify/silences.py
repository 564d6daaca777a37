"""Maintenance windows as silences of Alertmanager: what has to be made, changed and ended there; it asks nobody."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from collector.calendar.windows import Maintenance, Span, Window

_SECOND_NS = 1_000_000_000
_AUTHOR = "phusong"
_ESCAPED = re.compile(r"([\\.+*?()|\[\]{}^$])")


def wanted(known: Maintenance, now_ns: int, ahead_ns: int) -> dict[str, dict[str, Any]]:
    """The silences of all windows that hold now or will within ``ahead_ns``, by their mark.

    A silence is the conjunction of its matchers, so each kind of what a window selects has its own.
    """
    silences: dict[str, dict[str, Any]] = {}
    for window, span in known.occurrences(now_ns, now_ns + ahead_ns):
        for part, matchers in _parts(window, known.sites_of(window)):
            mark = f"{window.id}/{span.from_ns // _SECOND_NS}/{part}"
            silences[mark] = _silence(mark, window, span, matchers)
    return silences


def changes(
    wanted: Mapping[str, Mapping[str, Any]], found: Iterable[Mapping[str, Any]]
) -> tuple[list[dict[str, Any]], list[str]]:
    """What to post, and the ids to delete, so that ours among those found (``GET /silences``) are as wanted."""
    posts, deletes, there = [], [], set()
    for silence in found:
        if silence.get("createdBy") != _AUTHOR or silence.get("status", {}).get("state") == "expired":
            continue
        mark = str(silence.get("comment", "")).partition(" ")[0]
        want = wanted.get(mark)
        if want is None or mark in there:
            deletes.append(str(silence["id"]))
            continue
        there.add(mark)
        if not _same(want, silence):
            posts.append({**want, "id": silence["id"]})
    posts += [dict(want) for mark, want in wanted.items() if mark not in there]
    return posts, deletes


def _parts(window: Window, sites: Sequence[str]) -> Iterable[tuple[str, list[dict[str, Any]]]]:
    if sites:
        yield "sites", [_any_of("site", sites)]
    # The alert of the hub, provider or power area itself has no site.
    if window.hubs:
        yield "hubs", [_any_of("hub", window.hubs), _any_of("scope", ["hub"])]
    if window.providers:
        yield "providers", [_any_of("provider", window.providers), _any_of("scope", ["provider"])]


def _any_of(label: str, values: Sequence[str]) -> dict[str, Any]:
    pattern = "|".join(_ESCAPED.sub(r"\\\1", value) for value in values)
    return {"name": label, "value": pattern, "isRegex": True, "isEqual": True}


def _silence(mark: str, window: Window, span: Span, matchers: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "matchers": matchers,
        "startsAt": _stamp(span.from_ns),
        "endsAt": _stamp(span.until_ns),
        "createdBy": _AUTHOR,
        "comment": f"{mark} {window.who}: {window.why}",
    }


def _same(want: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Alertmanager moves the start of what it took while it holds: only the end and the matchers say anything."""
    return _seconds(want["endsAt"]) == _seconds(found.get("endsAt", "")) and _matchers(want) == _matchers(found)


def _matchers(silence: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    return sorted((m["name"], m["value"], bool(m.get("isRegex"))) for m in silence.get("matchers", ()))


def _stamp(wall_ns: int) -> str:
    return datetime.fromtimestamp(wall_ns // _SECOND_NS, UTC).isoformat().replace("+00:00", "Z")


def _seconds(stamp: str) -> int:
    try:
        return int(datetime.fromisoformat(stamp).timestamp())
    except ValueError:
        return 0
