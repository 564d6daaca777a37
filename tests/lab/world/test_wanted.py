"""A file of faults: what it may say, and one line for each mistake."""

from pathlib import Path
from unicodedata import normalize

import pytest

from lab.world.draw import draw_faults
from lab.world.fault import Fault
from lab.world.kinds import KINDS
from lab.world.land import make_land
from lab.world.wanted import cut_short, read_faults
from shared.settings import SettingsError

LAND = make_land(40, 3)
SITE = LAND.places[0].id


def read(text: str, folder: Path, name: str = "faults.yaml") -> tuple[Fault, ...]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_faults(path, LAND)


def one(**changes: object) -> str:
    entry = {"kind": "fibre_cut", "where": SITE, "begins_seconds": 60, "lasts_seconds": 30} | changes
    inside = ", ".join(f"{name}: {value}" for name, value in entry.items() if value is not None)
    return f"faults:\n  - {{{inside}}}\n"


def test_every_kind_can_be_wanted_in_yaml_and_json(tmp_path: Path) -> None:
    for kind in KINDS.values():
        where = (
            "" if kind.scope is None else SITE if kind.scope == "site" else next(iter(LAND.members(kind.scope.value)))
        )
        found = Fault(kind.name, where, 60.0, 90.0)

        assert read(one(kind=kind.name, where=f'"{where}"'), tmp_path) == (found,)
        quoted = f'{{"kind": "{kind.name}", "where": "{where}", "begins_seconds": 60, "lasts_seconds": 30}}'
        assert read(f'{{"faults": [{quoted}]}}', tmp_path) == (found,)


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        (one(kind="fiber_cut"), "faults[0].kind", "did you mean 'fibre_cut'?"),
        (one(where="hg-0"), "faults[0].where", "no site 'hg-0'"),
        (one(kind="hub_down"), "faults[0].where", "no hub"),
        (one(kind="collector_restart"), "faults[0].where", "a collector_restart has no place"),
        (one(where=None), "faults[0].where", "no site ''"),
        (one(begins_seconds=-1), "faults[0].begins_seconds", "must be from 0"),
        (one(begins_seconds=".nan"), "faults[0].begins_seconds", "nan is no number here"),
        (one(lasts_seconds=0), "faults[0].lasts_seconds", "must be above 0"),
        (one(lasts_seconds=".inf"), "faults[0].lasts_seconds", "inf is no number here"),
        (one(lasts="1h"), "faults[0]", "lasts"),
        ("faults: 3\n", "faults", "a list"),
        ("[]\n", "the file", "a map"),
    ],
)
def test_a_mistake_is_one_line_with_its_place(text: str, place: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        read(text, tmp_path)

    assert any(place in problem and said in problem for problem in caught.value.problems), caught.value.problems
    assert all("\n" not in problem for problem in caught.value.problems)


ENTRY = f'"kind": "fibre_cut", "where": "{SITE}"'
ESCAPED = ENTRY.replace("_", "\\u005f")


@pytest.mark.parametrize("name", ["faults.json", "faults.yaml"])
@pytest.mark.parametrize(
    "text",
    [
        f'{{\n\t"faults": [\n\t\t{{{ENTRY}, "begins_seconds": 10, "lasts_seconds": 1.5e2}}\n\t]\n}}\n',
        f'{{"faults": [{{{ENTRY}, "begins_seconds": 1e1, "lasts_seconds": 15E1}}]}}',
        f'\ufeff{{"faults":[{{{ENTRY},"begins_seconds":1.0e+1,"lasts_seconds":150}}]}}',
        f'\n {{"faults": [{{{ESCAPED}, "begins_seconds": 10, "lasts_seconds": 150}}]}}',
    ],
)
def test_whatever_is_json_is_read_as_json(name: str, text: str, tmp_path: Path) -> None:
    assert read(text, tmp_path, name) == (Fault("fibre_cut", SITE, 10.0, 160.0),)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (f'{{\n\t"faults": [\n\t{{{ENTRY}, "begins_seconds": 1e1, "lasts_seconds": -1}}]}}', 3, "must be above 0"),
        (f'{{\n\t"faults": [\n\t{{{ENTRY}, "begins": 1e1, "lasts_seconds": 1}}]}}', 3, "'begins_seconds'?"),
        ('{\n\t"faults": [],\n\t"faults": []\n}', 3, "key 'faults' stands twice"),
        (f'{{"faults": [{{{ENTRY}, "begins_seconds": NaN, "lasts_seconds": 1}}]}}', 1, "nan is no number here"),
        ('{\n\t"faults": [\n\t\t{"kind" "hub_down"}\n\t]\n}', 3, "not valid JSON: expecting ':' delimiter"),
        ('{"faults":' + "[" * 100_000, 1, "not valid JSON"),
    ],
)
@pytest.mark.parametrize("name", ["faults.json", "faults.txt"])
def test_a_mistake_in_json_is_a_line_with_its_place(name: str, text: str, line: int, said: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        read(text, tmp_path, name)

    (problem,) = caught.value.problems
    assert f"{name}:{line}: " in problem, problem
    assert said in problem, problem


def test_a_flow_of_yaml_that_is_no_json_is_yaml(tmp_path: Path) -> None:
    text = f"{{faults: [{{kind: fibre_cut, where: {SITE}, begins_seconds: 10, lasts_seconds: 150}}]}}"

    assert read(text, tmp_path) == read(text, tmp_path, "faults.json") == (Fault("fibre_cut", SITE, 10.0, 160.0),)


def test_a_name_in_either_form_of_unicode_is_the_same_name(tmp_path: Path) -> None:
    hub = next(name for name in LAND.members("hub") if not name.isascii())
    for form in ("NFC", "NFD"):
        assert read(one(kind="hub_down", where=f'"{normalize(form, hub)}"'), tmp_path)[0].where == hub
    with pytest.raises(SettingsError, match=f"did you mean '{hub}'"):
        read(one(kind="hub_down", where=f'"{normalize("NFD", hub)}9"'), tmp_path)


def test_what_a_replay_does_not_see_whole_is_a_line_each() -> None:
    faults = [
        Fault("fibre_cut", SITE, 10.0, 99.0),
        Fault("province_uplink", "", 50.0, 101.0),
        Fault("fibre_cut", SITE, 100.0, 101.0),
    ]
    within, beyond = cut_short(faults, 100.0)

    assert within == "province_uplink at 50: the replay ends within it, at 100 s; scored until then"
    assert beyond == f"fibre_cut {SITE} at 100: the replay ends before, at 100 s; left out"


def test_what_is_drawn_could_stand_in_a_file(tmp_path: Path) -> None:
    drawn = draw_faults(LAND, 3, 86_400 * 3)
    lines = [
        f'  - {{kind: {f.kind}, where: "{f.where}", begins_seconds: {f.begins}, lasts_seconds: {f.ends - f.begins}}}'
        for f in drawn
    ]
    found = read("faults:\n" + "\n".join(lines) + "\n", tmp_path)

    assert [(f.kind, f.where, f.begins) for f in found] == [(f.kind, f.where, f.begins) for f in drawn]
