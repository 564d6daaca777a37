"""Who may use a path: a matrix of needs and roles, and no row that lets nobody write."""

import pytest

from collector.people.person import Person, Role
from collector.people.table import POST, READ, RULES, Need, Rule, Table, Verdict, judge

PASS, LOGIN, FORBIDDEN = Verdict.PASS, Verdict.LOGIN, Verdict.FORBIDDEN
VISITORS = ("nobody", "watcher", *Role)
CLOSED = {
    Need.EVERYBODY: (PASS, PASS, PASS, PASS, PASS),
    Need.MACHINE: (PASS, PASS, PASS, PASS, PASS),
    Need.FIGURES: (PASS, PASS, PASS, PASS, PASS),
    Need.LINK: (PASS, PASS, PASS, PASS, PASS),
    Need.WATCHER: (LOGIN, PASS, PASS, PASS, PASS),
    Need.SCREEN: (LOGIN, PASS, PASS, PASS, PASS),
    Need.VIEWER: (LOGIN, LOGIN, PASS, PASS, PASS),
    Need.ONESELF: (LOGIN, LOGIN, PASS, PASS, PASS),
    Need.OPERATOR: (LOGIN, LOGIN, FORBIDDEN, PASS, PASS),
    Need.ADMIN: (LOGIN, LOGIN, FORBIDDEN, FORBIDDEN, PASS),
}


def verdict(need: Need, visitor: str, *, required: bool) -> Verdict:
    person = Person("an", Role(visitor)) if visitor in list(Role) else None
    return judge(need, person, watcher=visitor == "watcher", required=required)


@pytest.mark.parametrize("need", Need)
def test_each_role_may_do_what_the_matrix_says_and_nothing_else(need: Need) -> None:
    assert tuple(verdict(need, visitor, required=True) for visitor in VISITORS) == CLOSED[need]


@pytest.mark.parametrize("need", Need)
def test_pages_stay_open_where_people_are_not_required_and_nothing_else_opens(need: Need) -> None:
    found = tuple(verdict(need, visitor, required=False) for visitor in VISITORS)

    assert found == ((PASS,) * 5 if need in {Need.WATCHER, Need.SCREEN, Need.VIEWER} else CLOSED[need])


@pytest.mark.parametrize("need", [Need.WATCHER, Need.VIEWER])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_no_row_lets_a_viewer_write(need: Need, method: str) -> None:
    with pytest.raises(ValueError, match="whoever writes is an operator"):
        Rule(frozenset({method}), "/incidents", need)


def test_a_path_and_a_method_lead_to_one_row_or_none() -> None:
    table = Table(RULES)

    assert table.find("GET", "/wall") == Rule(READ, "/wall", Need.WATCHER)
    assert table.find("GET", "/sd/icmp") == Rule(READ, "/sd/{kind:str}", Need.FIGURES)
    assert table.find("POST", "/api/v1/batches") == Rule(POST, "/api/v1/batches", Need.MACHINE)
    assert table.find("POST", "/wall") is None
    assert table.methods("/wall") == READ
    assert table.methods("/login") == READ | POST
    for foreign in ("/wall/", "//wall", "/wall/../metrics", "/WALL", "/sd/icmp/x", "/wal", "", "/wall\n", "/metrics\n"):
        assert not table.methods(foreign)
