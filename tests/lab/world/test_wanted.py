"""A file of faults: what it may say, and one line for each mistake."""

from pathlib import Path

import pytest

from lab.world.draw import draw_faults
from lab.world.fault import Fault
from lab.world.kinds import KINDS
from lab.world.land import make_land
from lab.world.wanted import read_faults
from shared.settings import SettingsError

LAND = make_land(40, 3)
SITE = LAND.places[0].id


def read(text: str, folder: Path) -> tuple[Fault, ...]:
    path = folder / "faults.yaml"
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
        (one(begins_seconds=".nan"), "faults[0].begins_seconds", "must be from 0"),
        (one(lasts_seconds=0), "faults[0].lasts_seconds", "must be above 0"),
        (one(lasts_seconds=".inf"), "faults[0].lasts_seconds", "at most"),
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


def test_what_is_drawn_could_stand_in_a_file(tmp_path: Path) -> None:
    drawn = draw_faults(LAND, 3, 86_400 * 3)
    lines = [
        f'  - {{kind: {f.kind}, where: "{f.where}", begins_seconds: {f.begins}, lasts_seconds: {f.ends - f.begins}}}'
        for f in drawn
    ]
    found = read("faults:\n" + "\n".join(lines) + "\n", tmp_path)

    assert [(f.kind, f.where, f.begins) for f in found] == [(f.kind, f.where, f.begins) for f in drawn]
