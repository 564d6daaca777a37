"""What Grafana would ask of Prometheus for a dashboard: variables put in, at an instant or over time; no Grafana."""

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

BUILT_IN = {"__rate_interval": "1m", "__range": "2m", "__interval": "15s"}


@dataclass(frozen=True)
class Question:
    """One query of a panel."""

    where: str
    """Page, panel and query, for people."""
    expr: str
    instant: bool
    legend: str


def questions(board: Mapping[str, Any]) -> Iterator[Question]:
    """All queries of all panels, variables still in them."""
    for panel in board["panels"]:
        for target in panel["targets"]:
            where = f"{board['uid']}: {panel['title']}: {target['refId']}"
            yield Question(where, target["expr"], target["instant"], target.get("legendFormat", ""))


def variables(board: Mapping[str, Any]) -> dict[str, str]:
    """The queries of the variables that are asked of Prometheus."""
    return {each["name"]: each["query"]["query"] for each in board["templating"]["list"] if each["type"] == "query"}


def filled(expr: str, chosen: Mapping[str, str | list[str]]) -> str:
    """The expression with its variables, as Grafana's data source puts them in: several as alternatives, escaped."""

    def value(match: re.Match[str]) -> str:
        found = {**BUILT_IN, **chosen}[match[1] or match[2]]
        if isinstance(found, str):
            return found
        # A regular expression within a string of PromQL: what escapes is itself escaped.
        parts = [re.sub(r"[\\^$.|?*+()\[\]{}]", r"\\\\\g<0>", part) for part in found]
        return parts[0] if len(parts) == 1 else f"({'|'.join(parts)})"

    return re.sub(r"\$(?:\{(\w+)\}|(\w+))", value, expr)


def ask(prometheus: str, question: Question, expr: str, now: float, seconds: float = 60.0) -> list[dict[str, Any]]:
    """The series of the answer; a ValueError with Prometheus' own words where it does not understand."""
    if question.instant:
        return _get(prometheus, "query", query=expr, time=now)
    return _get(prometheus, "query_range", query=expr, start=now - seconds, end=now, step=1)


def ask_variable(prometheus: str, query: str) -> list[str]:
    """The choices: values of a label, or series as text."""
    if label := re.fullmatch(r"label_values\((\w+), (\w+)\)", query):
        return sorted({each["metric"].get(label[2], "") for each in _get(prometheus, "query", query=label[1])} - {""})
    inner = query.removeprefix("query_result(").removesuffix(")")
    return [
        "{" + ",".join(f'{name}="{value}"' for name, value in sorted(each["metric"].items())) + "}"
        for each in _get(prometheus, "query", query=inner)
    ]


def _get(prometheus: str, path: str, **parameters: Any) -> list[dict[str, Any]]:
    url = f"{prometheus}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 - a Prometheus of our own
            found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
    except urllib.error.HTTPError as error:
        raise ValueError(json.load(error)["error"]) from error
    return found
