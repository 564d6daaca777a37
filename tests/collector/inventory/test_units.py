"""Administrative units of any day: the reform of 2025 is a change of data, and a site stays the site it was."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.inventory.site import Inventory, Link, Site
from collector.inventory.units import Units, moved, read_units
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
    assert [site.id for site in after.sites] == [site.id for site in sites]
    assert all(site.links == sites[0].links and site.hub == "h" for site in after.sites)
    assert len({site.code for site in after.sites if site.id not in unclear}) == 73
    assert {site.district_code for site in after.sites if site.id not in unclear} == {""}
    named = {site.id: site for site in after.sites}
    assert named["hg-00692"].code == named["hg-00691"].code == "00691"


@given(st.dates(date(2019, 1, 1), date(2030, 1, 1)))
def test_on_no_day_are_there_two_units_of_one_code(day: date) -> None:
    codes = [unit.code for unit in read_units(FOLDER).on(day)]

    assert len(codes) == len(set(codes))


def test_each_mistake_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "units.csv").write_text("code,name,kind,parent,valid_from,valid_to\n1,a,Xã,,2025-7-1,\n2,b\n")
    (tmp_path / "succession.csv").write_text("date,old_code,new_code,coverage\n2025-07-01,9,8,full\n")
    with pytest.raises(SettingsError) as wrong:
        read_units(tmp_path)

    text = "\n".join(wrong.value.problems)
    assert "line 2: '2025-7-1' is no date like 2025-07-01" in text
    assert "line 3: wanted 6 columns, found 2" in text
    assert "there is no unit '9'" in text
