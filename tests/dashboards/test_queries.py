"""Every query of every panel and variable against a real Prometheus that scrapes what the collector writes."""

import json
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from dashboards.shipped import FOLDER
from lab.grafana import Question, ask, ask_variable, filled, questions, variables
from lab.ports import free_port
from tests.peers.alertmanager import running_alertmanager
from tests.peers.prometheus import running_prometheus
from tests.peers.province_page import HUBS, serving_province

BOARDS = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))]
ONE: dict[str, str | list[str]] = {
    "site": "s0",
    "source": "phusong-collector",
    "hub": [HUBS[0]],
    "district": ["Huyện 0"],
}
MODES: dict[str, Mapping[str, str | list[str]]] = {
    "all": {**ONE, "hub": ".*", "district": ".*"},
    "one": ONE,
    "several": {**ONE, "hub": list(HUBS), "district": ["Huyện 0", "Huyện 1", "Huyện 2"]},
}
MAY_BE_EMPTY = {
    "phusong-meta: Màn hình · Screens: A",
}
"""What the collector does not show yet; docs/reference.md says so."""


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("grafana")
    with (
        serving_province() as collector,
        running_alertmanager(folder / "a", free_port()) as (_, alertmanager),
        running_prometheus(folder / "p", collector, alertmanager) as (_, url),
    ):
        yield url


def compressed(expr: str) -> str:
    """Windows are as shipped, but looked through by the second: this Prometheus lives for seconds."""
    return re.sub(r":1m\]", ":1s]", expr)


def answers(prometheus: str, chosen: Mapping[str, str | list[str]]) -> dict[Question, list[dict[str, Any]]]:
    """The series of every query; those that Prometheus does not understand raise."""
    now = time.time()
    return {
        question: ask(prometheus, question, compressed(filled(question.expr, chosen)), now)
        for board in BOARDS
        for question in questions(board)
    }


def settled(prometheus: str, chosen: Mapping[str, str | list[str]]) -> dict[Question, list[dict[str, Any]]]:
    """The answers once each is there, or after so long that what is missing will not come."""
    deadline = time.monotonic() + 25
    while True:
        found = answers(prometheus, chosen)
        if not empty(found) or time.monotonic() > deadline:
            return found
        time.sleep(0.3)


def empty(found: Mapping[Question, list[dict[str, Any]]]) -> set[str]:
    return {question.where for question, series in found.items() if not series} - MAY_BE_EMPTY


@pytest.mark.parametrize("mode", MODES)
def test_every_query_is_understood_and_finds_series(prometheus: str, mode: str) -> None:
    found = settled(prometheus, MODES[mode])

    assert len(found) > 80
    assert empty(found) == set()


def test_legends_name_labels_that_the_series_have(prometheus: str) -> None:
    for question, series in settled(prometheus, MODES["all"]).items():
        for label in re.findall(r"\{\{(\w+)\}\}", question.legend):
            assert all(label in each["metric"] for each in series), f"{question.where}: {label}"


def test_variables_offer_what_is_there(prometheus: str) -> None:
    settled(prometheus, ONE)
    for board in BOARDS:
        offered = {name: ask_variable(prometheus, query) for name, query in variables(board).items()}
        if "hub" in offered:
            assert offered["hub"] == sorted(HUBS)
        if "site" in offered:
            (regex,) = [each["regex"] for each in board["templating"]["list"] if each["name"] == "site"]
            pattern = re.compile(regex.strip("/g").replace("(?<", "(?P<"))
            names = {match["text"] for match in pattern.finditer(offered["site"][0]) if match["text"]}
            ids = {match["value"] for match in pattern.finditer(offered["site"][0]) if match["value"]}
            assert len(names) == len(ids) == 1


def test_counts_are_the_states_of_the_sites(prometheus: str) -> None:
    found = {question.where: series for question, series in settled(prometheus, MODES["all"]).items()}

    def number(title: str) -> float:
        (series,) = found[f"phusong-wall: {title}: A"]
        return float(series["value"][1])

    assert number("Không rõ · Unknown") == 1
    assert number("Suy giảm · Degraded") == 1
    assert number("Bảo trì · Maintenance") == 1
    assert number("Mất kết nối · Down") in {1, 2}
    assert number("Mất kết nối · Down") + number("Hoạt động · Up") == 5
    assert number("Tổng số · All sites") == 8


def test_nobody_is_told_zero_where_nothing_is_known(tmp_path: Path) -> None:
    """A Prometheus without a collector: every count of sites has no value rather than 0."""
    with running_prometheus(tmp_path / "p", free_port(), free_port()) as (_, url):
        found = answers(url, MODES["all"])
    wall = {question.where: series for question, series in found.items() if question.where.startswith("phusong-wall")}

    assert len(wall) > 10
    assert {where for where, series in wall.items() if series and "Alerts firing" not in where} == set()
