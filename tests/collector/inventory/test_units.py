"""Administrative units of any day: the reform of 2025 is a change of data, and a site stays the site it was."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.inventory.site import Inventory, Link, Site
from collector.inventory.unit_file import read_units
from collector.inventory.units import Successor, Unit, Units, moved
from shared.settings import SettingsError

FOLDER = Path(__file__).parents[3] / "config" / "units"
BEFORE, AFTER = date(2025, 6, 30), date(2025, 7, 1)


@pytest.fixture(scope="module")
def units() -> Units:
    return read_units(FOLDER)


def communes(units: Units, day: date) -> list[str]:
    return [unit.code for unit in units.on(day) if unit.kind in {"Xã", "Phường", "Thị trấn"}]


def test_193_communes_became_73_and_districts_ended(units: Units) -> None:
    assert len(communes(units, BEFORE)) == 193
    assert len(communes(units, AFTER)) == 73
    assert sum(unit.parent == "02" for unit in units.on(BEFORE)) == 11
    assert sum(unit.parent == "02" for unit in units.on(AFTER)) == 0


def test_each_commune_of_then_is_somewhere_now_and_three_were_divided(units: Units) -> None:
    after = {code: units.successors(code, BEFORE, AFTER) for code in communes(units, BEFORE)}

    assert all(after.values())
    assert sorted(code for code, found in after.items() if len(found) > 1) == ["00688", "00967", "00988"]


def test_a_code_is_no_identity(units: Units) -> None:
    then, now = units.find("00691", BEFORE), units.find("00691", AFTER)

    assert then is not None
    assert now is not None
    assert (then.name, now.name) == ("Phường Trần Phú", "Phường Hà Giang 2")
    assert {one.old_code for one in units.predecessors("00691", AFTER)} >= {"00691", "00692"}


def test_a_reform_changes_where_a_site_belongs_and_nothing_else_of_it(units: Units) -> None:
    sites = tuple(
        Site(
            id=f"hg-{unit.code}",
            name=unit.name,
            code=unit.code,
            kind=unit.kind,
            district_code=unit.parent,
            district="x",
            hub="h",
            links=(Link(name="main", provider="VNPT"),),
        )
        for unit in units.on(BEFORE)
        if unit.kind in {"Xã", "Phường", "Thị trấn"}
    )
    after, unclear = moved(Inventory(sites), units, BEFORE, AFTER)

    assert sorted(unclear) == ["hg-00688", "hg-00967", "hg-00988"]
    assert sorted(site.id for site in after.sites) == sorted(site.id for site in sites)
    assert all(site.links == sites[0].links and site.hub == "h" for site in after.sites)
    assert len({site.code for site in after.sites if site.id not in unclear}) == 73
    assert {site.district_code for site in after.sites if site.id not in unclear} == {""}
    named = {site.id: site for site in after.sites}
    assert named["hg-00692"].code == named["hg-00691"].code == "00691"


@given(st.dates(date(2019, 1, 1), date(2030, 1, 1)))
def test_on_no_day_are_there_two_units_of_one_code(day: date) -> None:
    codes = [unit.code for unit in read_units(FOLDER).on(day)]

    assert len(codes) == len(set(codes))


def test_who_was_moved_is_not_moved_again_by_a_code_that_means_another_now(units: Units) -> None:
    before = Inventory((Site(id="a", name="Phường Ngọc Hà", code="00692"), Site(id="b", name="x", code="00688")))
    after, unclear = moved(before, units, BEFORE, AFTER)
    again, _ = moved(after, units, BEFORE, AFTER, {"b": "00694"}, only={"b"})

    assert unclear == {"b": "'00688' was divided into 00694 Phường Hà Giang 1, 00691 Phường Hà Giang 2"}
    assert {site.id: site.code for site in again.sites} == {"a": "00691", "b": "00694"}
    assert moved(after, units, BEFORE, AFTER, {"b": "00700"})[1] == {"b": "it cannot be in '00700'"}


def test_a_code_that_was_another_units_moves_nobody_twice() -> None:
    """A becomes B while B becomes C: who was moved to B must not go on to C."""
    then = [Unit(code, f"then {code}", "Xã", "", valid_to=BEFORE) for code in "AB"]
    now = [Unit(code, f"now {code}", "Xã", "", valid_from=AFTER) for code in "BC"]
    steps = [Successor(AFTER, "A", "B", whole=True), Successor(AFTER, "B", "C", whole=True)]
    units = Units([*then, *now], steps)
    before = Inventory((Site(id="a", name="Trạm một", code="A"), Site(id="b", name="Trạm hai", code="?")))

    after, _ = moved(before, units, BEFORE, AFTER)
    again, _ = moved(after, units, BEFORE, AFTER, {"b": "C"}, only={"b"})

    assert {site.id: site.code for site in after.sites} == {"a": "B", "b": "?"}
    assert {site.id: site.code for site in again.sites} == {"a": "B", "b": "C"}


def test_each_mistake_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "units.csv").write_text("code,name,kind,parent,valid_from,valid_to\n1,a,Xã,,2025-7-1,\n2,b\n")
    (tmp_path / "succession.csv").write_text("date,old_code,new_code,coverage\n")
    with pytest.raises(SettingsError) as wrong:
        read_units(tmp_path)

    text = "\n".join(wrong.value.problems)
    assert "line 2: '2025-7-1' is no date like 2025-07-01" in text
    assert "line 3: wanted 6 columns, found 2" in text


def test_what_cannot_be_true_of_units_is_one_line_each(tmp_path: Path) -> None:
    (tmp_path / "units.csv").write_text(
        "code,name,kind,parent,valid_from,valid_to\n"
        "01,P,Tỉnh,,,2025-06-30\n"
        "2,b,Xã,01,2025-07-01,2025-06-01\n"
        "3,c,Xã,01,,2025-03-01\n"
        "3,d,Xã,01,2025-03-01,2025-06-30\n"
        "4,e,Xã,99,,\n"
        "5,f,Xã,01,,2025-12-31\n"
        "6,=g,Xã,,,\n",
        encoding="utf-8",
    )
    (tmp_path / "succession.csv").write_text(
        "date,old_code,new_code,coverage\n"
        "2025-07-01,3,4,full\n2025-07-01,3,4,full\n2025-07-01,3,5,partial\n"
        "2025-07-01,9,3,halb\n",
        encoding="utf-8",
    )
    with pytest.raises(SettingsError) as wrong:
        read_units(tmp_path)

    assert [problem.replace(f"{tmp_path}/", "") for problem in wrong.value.problems] == [
        "units.csv: line 3: '01', the parent of '2', is not there on 2025-07-01",
        "units.csv: line 3: '2' would end on 2025-06-01, before it begins on 2025-07-01",
        "units.csv: line 5: '3' is valid at the same time as in line 4",
        "units.csv: line 6: there is no unit '99', the parent of '4'",
        "units.csv: line 7: '01', the parent of '5', is not there on 2025-07-01",
        "units.csv: line 8: '=g' begins with '=', so that a spreadsheet would run it: begin with a letter or digit",
        "succession.csv: line 5: coverage 'halb' is neither full nor partial",
        "succession.csv: line 5: there is no unit '9' on the day before 2025-07-01",
        "succession.csv: line 5: there is no unit '3' on 2025-07-01",
        "succession.csv: line 3: '3' to '4' stands twice, first in line 2",
        "succession.csv: line 4: '3' becomes several units, so that no row of it can be 'full'",
    ]
