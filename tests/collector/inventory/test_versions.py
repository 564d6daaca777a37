"""The history of the inventory: each change is stored, can be taken back alone, and nobody overwrites another."""

import contextlib
import sqlite3
import threading
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.inventory.change import DrasticError, RefusedError, admitted, compare
from collector.inventory.edit import Edit, applied, reverted
from collector.inventory.order import arranged
from collector.inventory.site import Contact, Hub, Inventory, Link, Site
from collector.inventory.versions import Deed, StaleError, open_versions

DEED = Deed(at_wall_ns=1, who="ha", deed="import")
SITES = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(["x", "y", "z"])).map(
    lambda names: arranged(Site(id=key, name=name) for key, name in names.items())
)


def ten() -> Inventory:
    return arranged(Site(id=f"s{number}", code=str(number), name="x") for number in range(10))


def named(inventory: Inventory, site: str, name: str) -> Site:
    return msgspec.structs.replace(inventory.by_id()[site], name=name)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "inventory.sqlite"


def test_each_change_is_a_version_that_says_who_what_and_when(path: Path) -> None:
    with open_versions(path) as versions:
        assert versions.accept(ten(), DEED)[0] == 1
        edit = Edit(expected=1, who="lan", why="đổi tên", put=(named(ten(), "s3", "Lũng Cú"),), remove=("s4",))
        assert versions.apply(edit, 2)[0] == 2
    with open_versions(path) as versions:
        newest, first = versions.history()
        of_site = versions.history(site="s3")
        sites = versions.inventory().by_id()

    assert (newest.who, newest.deed, newest.why, newest.at_wall_ns) == ("lan", "edit", "đổi tên", 2)
    assert (newest.altered, newest.removed, newest.added, newest.sites) == (("s3",), ("s4",), (), 9)
    assert first.added == tuple(f"s{number}" for number in range(10))
    assert [version.number for version in of_site] == [2, 1]
    assert sites["s3"].name == "Lũng Cú"
    assert "s4" not in sites


def test_who_looked_at_an_older_version_overwrites_nothing(path: Path) -> None:
    with open_versions(path) as versions:
        versions.accept(ten(), DEED)
        versions.apply(Edit(expected=1, who="a", put=(named(ten(), "s1", "first"),)), 2)
        with pytest.raises(StaleError, match="at version 2, not 1") as stale:
            versions.apply(Edit(expected=1, who="b", put=(named(ten(), "s1", "second"),)), 3)

        assert stale.value.newest == 2
        assert versions.inventory().by_id()["s1"].name == "first"


def test_of_two_edits_at_once_one_is_told_to_look_again(path: Path) -> None:
    with open_versions(path) as versions:
        versions.accept(ten(), DEED)
    begin, results = threading.Barrier(2), list[str]()

    def edit(name: str) -> None:
        with open_versions(path) as versions:
            begin.wait()
            try:
                versions.apply(Edit(expected=1, who=name, put=(named(ten(), "s1", name),)), 2)
            except StaleError:
                results.append("stale")
            else:
                results.append("done")

    threads = [threading.Thread(target=edit, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(results) == ["done", "stale"]


def test_one_change_is_taken_back_and_later_ones_stay(path: Path) -> None:
    with open_versions(path) as versions:
        versions.accept(ten(), DEED)
        versions.apply(Edit(expected=1, who="a", put=(named(ten(), "s1", "wrong"),), remove=("s2",)), 2)
        versions.apply(Edit(expected=2, who="a", put=(named(ten(), "s3", "right"),)), 3)
        number, _ = versions.undo(2, DEED)
        sites = versions.inventory().by_id()

        assert number == 4
        assert (sites["s1"].name, sites["s3"].name, sites["s2"].name) == ("x", "right", "x")
        assert versions.inventory(2).by_id()["s1"].name == "wrong"


def test_what_was_changed_again_since_is_not_taken_back_behind_its_back(path: Path) -> None:
    with open_versions(path) as versions:
        versions.accept(ten(), DEED)
        versions.apply(Edit(expected=1, who="a", put=(named(ten(), "s1", "second"),)), 2)
        versions.apply(Edit(expected=2, who="a", put=(named(ten(), "s1", "third"),)), 3)
        with pytest.raises(RefusedError, match="site 's1' was changed again since"):
            versions.undo(2, DEED)
        with pytest.raises(RefusedError, match="there is no version 9: the newest is 3"):
            versions.undo(9, DEED)

        assert versions.newest == 3


def test_every_path_asks_before_a_fifth_of_the_sites_goes(path: Path) -> None:
    """The check stands in one place: an import, an edit and an undo come to it."""
    small = arranged(ten().sites[:7])
    with open_versions(path) as versions:
        versions.accept(small, DEED)
        versions.accept(ten(), DEED)
        doing = (
            lambda *, sure: versions.accept(small, DEED, sure=sure),
            lambda *, sure: versions.apply(Edit(expected=2, who="a", remove=("s1", "s2", "s3"), sure=sure), 3),
            lambda *, sure: versions.undo(2, DEED, sure=sure),
        )
        for deed in doing:
            with pytest.raises(DrasticError, match="3 of 10 sites would go"):
                deed(sure=False)
        assert versions.newest == 2

        doing[2](sure=True)
        assert len(versions.inventory().sites) == 7


def test_zeros_that_a_spreadsheet_took_are_missed_in_ids_codes_and_telephones() -> None:
    def stated(site: str, code: str, telephone: str) -> Inventory:
        return Inventory((Site(id=site, code=code, name="x", contacts=(Contact(name="H", telephone=telephone),)),))

    before = stated("00691", "00691", "0219386")
    for after, why in (
        (stated("691", "691", "0219386"), "site '691' would be new and '00691' gone"),
        (stated("00691", "691", "0219386"), "'00691' would be '691'"),
        (stated("00691", "00691", "219386"), "'0219386' would be '219386'"),
    ):
        with pytest.raises(RefusedError, match=why):
            admitted(before, after, sure=True)
    assert admitted(before, stated("00691", "", ""), sure=False).altered == ("00691",)


def test_a_fifth_itself_may_go() -> None:
    assert not admitted(ten(), arranged(ten().sites[:8]), sure=False).drastic


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (Edit(expected=1, who="a", remove=("s77",)), "there is no site 's77'"),
        (Edit(expected=1, who="a", put=(Site(id="s1", name="=1"),)), "begins with '='"),
        (Edit(expected=1, who="a", put=(Site(id="", name="x"),)), "must not be empty"),
        (Edit(expected=1, who="a", put=(Site(id="s1", name="x"),), remove=("s1",)), "both changed and removed"),
        (Edit(expected=1, who="a", put=(Site(id="s1", name="x"), Site(id="s1", name="y"))), "changed twice"),
        (Edit(expected=1, who="a", hubs=(Hub(name="h", parent="nowhere"),)), "there is no hub 'nowhere'"),
        (
            Edit(expected=1, who="a", put=(Site(id="s1", name="x", links=(Link(name="m"), Link(name="m"))),)),
            "stands twice",
        ),
    ],
)
def test_a_wrong_edit_changes_nothing(path: Path, edit: Edit, why: str) -> None:
    with open_versions(path) as versions:
        versions.accept(ten(), DEED)
        with pytest.raises(RefusedError, match=why):
            versions.apply(edit, 2)

        assert (versions.newest, versions.inventory()) == (1, ten())


def test_an_edit_that_changes_nothing_is_no_version(path: Path) -> None:
    with open_versions(path) as versions:
        versions.accept(ten(), DEED)

        assert versions.apply(Edit(expected=1, who="a", put=(named(ten(), "s1", " x "),)), 2)[0] == 1


def test_history_cannot_be_rewritten(path: Path) -> None:
    with open_versions(path) as versions:
        versions.accept(ten(), DEED)
    with contextlib.closing(sqlite3.connect(path)) as database:
        for statement in ("UPDATE version SET who = 'x'", "DELETE FROM version"):
            with pytest.raises(sqlite3.IntegrityError, match="history is not changed"):
                database.execute(statement)


def test_a_copy_has_every_version(path: Path, tmp_path: Path) -> None:
    with open_versions(path) as versions:
        versions.accept(ten(), DEED)
        versions.copy(tmp_path / "copy.sqlite")
    with open_versions(tmp_path / "copy.sqlite") as copied:
        assert copied.inventory() == ten()


@given(SITES, SITES)
def test_an_edit_brings_any_inventory_to_any_other_and_its_undo_brings_it_back(old: Inventory, new: Inventory) -> None:
    change = compare(old, new)
    put = tuple(new.by_id()[name] for name in (*change.added, *change.altered))
    after = applied(old, Edit(expected=0, who="a", put=put, remove=change.removed))

    assert after == new
    assert reverted(old, after, after) == old


@given(SITES, SITES, SITES)
def test_an_undo_touches_no_site_that_the_change_did_not_touch(a: Inventory, b: Inventory, now: Inventory) -> None:
    change = compare(a, b)
    touched = {*change.added, *change.removed, *change.altered}
    try:
        after = reverted(a, b, now)
    except RefusedError:
        assert any(now.by_id().get(name) != b.by_id().get(name) for name in touched)
        return
    assert {k: v for k, v in after.by_id().items() if k not in touched} == {
        k: v for k, v in now.by_id().items() if k not in touched
    }
    assert {k: v for k, v in after.by_id().items() if k in touched} == {
        k: v for k, v in a.by_id().items() if k in touched
    }
