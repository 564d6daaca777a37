"""Pictures of every page that a person reads lie in both languages, and a program takes all of them."""

import re
from zoneinfo import ZoneInfo

import pytest

from collector.people.table import READ, RULES, Need
from lab.onsite import FAULTS, page_at_site
from lab.pictures import DESKS, FOLDER, HANDS, ONSITE, WALLS

NO_PAGES = {"/", "/wall/rotate", "/wall/map/marks", "/events", "/api/v1/status"}
"""They lead to a page, or are for programs."""
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def shape(path: str) -> str:
    """Without what stands in its place: ``/sites/{}``."""
    return re.sub(r"\{[^}]*\}", "{}", path.partition("?")[0])


def test_every_page_that_a_person_reads_has_a_picture() -> None:
    read = {rule.path for rule in RULES if rule.methods & READ and rule.need not in {Need.MACHINE, Need.FIGURES}}
    pages = {shape(path) for path in read - NO_PAGES if not re.search(r"\.csv|^/static", path)}
    taken = {shape(path) for path in (*DESKS.values(), *WALLS.values(), *HANDS.values())}

    assert pages - {"/reports/{}"} == taken, "/reports leads to its newest month"


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_pictures_that_are_there_are_those_that_are_taken(language: str) -> None:
    there = {path.stem for path in (FOLDER / language).glob("*.png")}

    assert there == {*DESKS, *WALLS, *HANDS, *ONSITE}
    assert list(FOLDER.glob("*.png")) == [], "none that no program takes"


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("fault", list(FAULTS))
def test_the_page_at_a_site_comes_to_the_fault_that_it_is_to_show(fault: str, language: str) -> None:
    """All its steps know what they say, or the picture would teach nobody."""
    page = page_at_site(fault, language, ZONE, 1_796_000_000 * 1_000_000_000)

    assert f'<html lang="{language}">' in page
    assert f'<body class="{fault}">' in page
    assert "0900 000 09" in page, "whom to call"
    assert ("13 phút" if language == "vi" else "13 min") in page
