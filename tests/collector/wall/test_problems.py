"""The list of problems: the oldest that have room, and a count of all the rest."""

import re
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from collector.people.person import Person, Role
from collector.wall.feed import Feed
from collector.wall.frame import Frame, IncidentFrame
from collector.wall.pages import FOLDER, Pages
from collector.wall.problems import ROOM_VH, SHORT_VH, TALL_VH, rest, rows, shorts
from collector.wall.settings import WallSettings
from collector.wall.words import words_in
from shared.clock import SystemClock

WORDS = words_in("en")
INCIDENT = IncidentFrame(site="1", name="Xã Một", state="down", since=0.0, reason="")
incidents = st.lists(
    st.builds(
        IncidentFrame,
        site=st.just("1"),
        name=st.just("Xã Một"),
        state=st.sampled_from(["down", "degraded", "unknown"]),
        since=st.floats(0, 2000),
        reason=st.just(""),
        cause=st.sampled_from(["unknown", "power", "hub"]),
        sites=st.integers(1, 3),
    ),
    max_size=30,
)


def document(problems: list[IncidentFrame]) -> Frame:
    return Frame(
        build="b",
        sequence=1,
        evaluated_at=2000.0,
        expected_sites=0,
        counts={},
        sites=(),
        incidents=tuple(problems),
        agents=(),
        transitions=(),
    )


@given(incidents)
def test_each_problem_is_shown_or_counted_and_as_many_are_shown_as_have_room(problems: list[IncidentFrame]) -> None:
    frame = document(problems)
    shown, left = rows(frame, WORDS), rest(frame)
    used = sum(SHORT_VH if row.short else TALL_VH for row in shown)

    assert [row.incident for row in shown] == problems[: len(shown)]
    assert len(shown) + left.count == len(problems)
    assert sum(count for _, count in left.kinds) == left.count
    assert used <= ROOM_VH
    if left.count:
        next_one = problems[len(shown)]
        assert used + (SHORT_VH if next_one.sites == 1 else TALL_VH) > ROOM_VH
    assert sum(row.new for row in shown) + left.new == sum(2000.0 - one.since < 600 for one in problems)


@given(incidents, incidents)
def test_who_comes_after_takes_nobodys_place(problems: list[IncidentFrame], newer: list[IncidentFrame]) -> None:
    """Rows may lose their second line when it gets crowded; whoever overflowed already sees no row move at all."""
    before, after = shorts(problems), shorts([*problems, *newer])

    assert len(after) >= len(before)
    if len(before) < len(problems):
        assert after == before


def test_a_fold_says_how_many_sites_it_strikes_however_crowded_it_is() -> None:
    fold = msgspec.structs.replace(INCIDENT, site="", number=7, sites=8, still=("1", "2"), cause="hub")
    shown = rows(document([fold, *[msgspec.structs.replace(INCIDENT, cause="power")] * 20]), WORDS)

    assert (shown[0].short, shown[0].why, shown[0].link) == (False, "2/8 · cable hub", "/incidents/7")
    assert all(row.short for row in shown[1:])
    assert "power failure" in shown[1].title


def test_a_sites_id_cannot_leave_its_link() -> None:
    evil = msgspec.structs.replace(INCIDENT, site='../people?x="')

    assert rows(document([evil]), WORDS)[0].link == "/sites/..%2Fpeople%3Fx%3D%22"


def test_the_stylesheet_gives_rows_the_height_that_is_counted_with() -> None:
    sheet = (FOLDER / "static" / "wall.css").read_text()

    assert re.search(r"\.problems li \{[^}]*height: calc\(([\d.]+) \*", sheet)[1] == f"{TALL_VH}"  # type: ignore[index]
    assert re.search(r"\.problems li\.short \{ height: calc\(([\d.]+) \*", sheet)[1] == f"{SHORT_VH}"  # type: ignore[index]


@pytest.mark.parametrize(
    ("person", "said"),
    [
        (None, '<a href="/login?next=%2Fwall">Đăng nhập</a>'),
        (Person(name="<b>", role=Role.VIEWER), '<a href="/account">&lt;b&gt;</a>'),
    ],
)
async def test_the_wall_leads_to_the_login_and_then_says_who_is_logged_in(person: Person | None, said: str) -> None:
    pages = Pages(Feed(), WallSettings(), SystemClock(), ZoneInfo("Asia/Ho_Chi_Minh"))

    scope = {"type": "http", "method": "GET", "path": "/wall", "query_string": b"", "headers": []}
    answer = await pages.wall(Request({**scope, "state": {"person": person}}))

    assert said in bytes(answer.body).decode()
