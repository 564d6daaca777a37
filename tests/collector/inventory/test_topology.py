"""Hubs as trees: what hangs on what, and each mistake in one line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.incident import Scope
from collector.inventory.site import Hub, Inventory, Site
from collector.inventory.topology import Topology, mistakes
from collector.inventory.yaml_file import read_yaml
from collector.judgement.parts import parts_of
from shared.settings import SettingsError


def inventory() -> Inventory:
    sites = tuple(Site(id=f"s{number}", name="x", hub=hub) for number, hub in enumerate("aabbccd"))
    return Inventory(sites, (Hub(name="b", parent="a"), Hub(name="c", parent="b"), Hub(name="far", parent="d")))


def test_what_hangs_on_a_hub_is_lost_with_it() -> None:
    topology = Topology.of(inventory())

    assert topology.sites_under("a") == {"s0", "s1", "s2", "s3", "s4", "s5"}
    assert topology.sites_under("c") == {"s4", "s5"}
    assert topology.sites_under("nowhere") == frozenset()
    assert topology.path("c") == ("c", "b", "a")
    assert topology.hubs == ("a", "b", "c", "d", "far")


def test_a_fault_may_be_that_of_any_hub_of_the_tree() -> None:
    hubs = {part.subject: len(part.members) for part in parts_of(inventory()) if part.scope is Scope.HUB}

    assert hubs == {"a": 6, "b": 4, "c": 2}


def test_of_two_hubs_with_the_same_sites_the_nearer_one_is_named() -> None:
    sites = tuple(Site(id=f"s{number}", name="x", hub="near") for number in range(3))
    parts = parts_of(Inventory(sites, (Hub(name="near", parent="far"), Hub(name="far"))))

    assert [part.subject for part in parts if part.scope is Scope.HUB] == ["near"]


def test_each_mistake_is_one_line_with_the_nearest_right_name(tmp_path: Path) -> None:
    path = tmp_path / "sites.yaml"
    path.write_text(
        "sites: [{id: s, name: x, hub: Đồng Văn}]\n"
        "hubs: [{name: a, parent: Dong Văn}, {name: a}, {name: b, parent: c}, {name: c, parent: b}, {name: ''}]\n",
        encoding="utf-8",
    )
    with pytest.raises(SettingsError) as wrong:
        read_yaml(path)

    text = "\n".join(wrong.value.problems)
    assert "there is no hub 'Dong Văn'; did you mean 'Đồng Văn'?" in text
    assert "hub 'a' stands twice" in text
    assert "hub 'b' hangs on itself, by way of 'c'" in text
    assert "must not be empty" in text


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(["", *"abcdef"])), max_size=8))
def test_no_list_of_hubs_is_endless(pairs: list[tuple[str, str]]) -> None:
    hubs = [Hub(name=name, parent=parent) for name, parent in pairs]
    wrong = list(mistakes(hubs, set("abcdef")))
    topology = Topology.of(Inventory((Site(id="s", name="x", hub="a"),), tuple(hubs)))

    assert all(topology.path(name) for name in "abcdef")
    if not wrong:
        assert "s" in topology.sites_under(topology.path("a")[-1])
