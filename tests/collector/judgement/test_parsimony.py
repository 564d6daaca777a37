"""The fewest faults that explain what is lost: hubs, providers and power areas lie across each other."""

from collections.abc import Iterable
from dataclasses import replace

from collector.inventory.site import Inventory, Link, Site
from collector.judgement.folding import Glimpse, Seen
from collector.judgement.parsimony import fold
from collector.judgement.parts import parts_of
from collector.judgement.settings import JudgementSettings

SECOND_NS = 1_000_000_000
NOW_NS = 1_790_000_000 * SECOND_NS
VNPT, VIETTEL, FPT = "VNPT", "Viettel", "FPT"


def place(number: int, hub: str, provider: str = VNPT, area: str = "") -> Site:
    return Site(
        id=f"s{number}",
        name=f"Commune {number}",
        hub=hub,
        power_area=area,
        links=(Link(name="main", provider=provider, kind="fibre"),),
    )


def folded(
    sites: Iterable[Site], glimpses: dict[str, Glimpse], *, sighted: bool = True
) -> list[tuple[str, str, list[str]]]:
    """What is decided, by name; sites of which nothing is given are well."""
    inventory = Inventory(tuple(sites))
    seen = {site.id: glimpses.get(site.id, Glimpse(Seen.WELL, NOW_NS)) for site in inventory.sites}
    found = fold(parts_of(inventory), seen, JudgementSettings(), sighted=sighted)
    assert not any(one.undecided for one in found)
    return sorted((one.part.scope.value, one.part.subject, sorted(one.sites)) for one in found)


def lost(*numbers: int, after: float = 0) -> dict[str, Glimpse]:
    began_ns = NOW_NS - int((60 - after) * SECOND_NS)
    return {f"s{number}": Glimpse(Seen.DOWN, began_ns) for number in numbers}


def on_battery(*numbers: int, ago: float) -> dict[str, Glimpse]:
    """Well still; their mains failed so many seconds before the losses."""
    mains_ns = NOW_NS - int((60 + ago) * SECOND_NS)
    return {f"s{number}": Glimpse(Seen.WELL, NOW_NS, mains_ns=mains_ns, supplied=True) for number in numbers}


def test_two_hubs_of_one_place_are_no_power_failure_where_no_supply_tells_of_one() -> None:
    sites = [
        place(n, "a" if n < 5 else "b" if n < 8 else "c", area="p" if n in {2, 3, 4, 5, 6} else "q") for n in range(12)
    ]

    assert folded(sites, lost(*range(5)) | lost(*range(5, 8), after=5)) == [
        ("hub", "a", ["s0", "s1", "s2", "s3", "s4"]),
        ("hub", "b", ["s5", "s6", "s7"]),
    ]


def test_two_hubs_that_are_one_place_are_two_hubs_where_no_supply_tells() -> None:
    sites = [place(n, "a" if n < 5 else "b" if n < 8 else "c", area="p" if n < 8 else "q") for n in range(12)]

    assert [(scope, name) for scope, name, _ in folded(sites, lost(*range(8)))] == [("hub", "a"), ("hub", "b")]


def test_a_power_failure_of_sites_at_several_hubs_is_one_fault_before_anybody_tells() -> None:
    sites = [place(n, f"h{n // 4}", area="p" if n in {0, 1, 4, 5} else "q") for n in range(12)]

    assert folded(sites, lost(0, 1, 4, 5)) == [("power_area", "p", ["s0", "s1", "s4", "s5"])]


def test_some_sites_of_a_hub_that_go_within_seconds_are_one_fault_from_four_on() -> None:
    sites = [place(n, f"h{n // 8}", area="p" if n < 8 else "q") for n in range(16)]

    assert folded(sites, lost(0, 1, 2)) == []
    assert folded(sites, lost(0, 1, 2, 3)) == [("power_area", "p", ["s0", "s1", "s2", "s3"])]


def test_a_provider_is_one_fault_while_one_of_its_sites_is_known_to_be_down_and_the_others_are_suspect() -> None:
    sites = [place(n, f"h{n // 4}", VNPT if n < 4 or n % 2 else VIETTEL) for n in range(24)]
    gone = [n for n in range(24) if n < 4 or n % 2]
    suspect = {site: Glimpse(Seen.SUSPECT, one.began_ns) for site, one in lost(*gone[1:]).items()}

    assert [name for _, name, _ in folded(sites, lost(0) | suspect)] == [VNPT]


def test_sites_whose_supplies_would_have_told_are_not_guessed_to_have_no_power() -> None:
    sites = [place(n, f"h{n // 4}", area="p" if n in {0, 1, 4, 5} else "q") for n in range(12)]
    told = Glimpse(Seen.DOWN, NOW_NS - 60 * SECOND_NS, supplied=True)

    assert folded(sites, lost(0, 1) | {"s4": told, "s5": told}) == []


def test_a_power_failure_that_two_supplies_tell_of_takes_the_hub_that_lies_in_it() -> None:
    sites = [place(n, "a" if n < 4 else "b", area="p" if n < 8 else "q") for n in range(16)]

    assert folded(sites, lost(0, 1, 2, 3) | on_battery(4, 5, ago=-10)) == [
        ("power_area", "p", ["s0", "s1", "s2", "s3"])
    ]


def test_a_battery_that_runs_beside_a_hub_fault_makes_no_power_failure_of_it() -> None:
    sites = [place(n, "a" if n < 6 else "b", area="p" if n < 8 else "q") for n in range(16)]

    for ago in (300, 40):
        mains_ns = NOW_NS - (60 + ago) * SECOND_NS
        dark = {"s0": Glimpse(Seen.DOWN, NOW_NS - 55 * SECOND_NS, mains_ns=mains_ns, supplied=True)}
        found = folded(sites, lost(1, 2, 3, 4, 5) | dark)
        assert found == [("hub", "a", ["s0", "s1", "s2", "s3", "s4", "s5"])], f"{ago} s before"


def test_batteries_that_run_since_another_hour_are_no_power_failure_of_now() -> None:
    sites = [place(n, "a" if n < 4 else "b", area="p" if n < 8 else "q") for n in range(16)]

    assert folded(sites, lost(0, 1, 2, 3) | on_battery(4, 5, ago=3600)) == [("hub", "a", ["s0", "s1", "s2", "s3"])]


def test_sites_that_were_lost_while_nobody_could_see_go_with_the_mains_that_failed_then() -> None:
    sites = [place(n, f"h{n // 4}", area="p" if n < 8 else "q") for n in range(16)]
    hidden = {
        site: Glimpse(
            Seen.DOWN, NOW_NS - 60 * SECOND_NS, between_ns=(NOW_NS - 900 * SECOND_NS, NOW_NS - 60 * SECOND_NS)
        )
        for site in ("s0", "s1", "s4")
    }

    assert folded(sites, hidden | on_battery(2, 3, ago=500)) == [("power_area", "p", ["s0", "s1", "s4"])]
    assert folded(sites, hidden | on_battery(2, 3, ago=1500)) == [], "they failed before"
    assert folded(sites, hidden) == [], "they are not known to have gone at once"


def test_a_battery_that_ends_is_no_loss_of_its_hub() -> None:
    sites = [place(n, "a" if n < 2 else "b") for n in range(8)]
    empty = Glimpse(Seen.DOWN, NOW_NS - 100 * SECOND_NS, mains_ns=NOW_NS - 3600 * SECOND_NS, supplied=True)

    assert folded(sites, lost(1) | {"s0": empty}) == []


def test_two_hubs_are_two_hubs_though_most_sites_of_a_small_provider_hang_on_them() -> None:
    # 4 of 7 sites of FPT; those of others at the same hubs are lost too.
    providers = [FPT, FPT, VNPT, FPT, FPT, VNPT, *[VNPT] * 4, FPT, FPT, FPT]
    sites = [place(n, "a" if n < 3 else "b" if n < 6 else f"c{n}", providers[n]) for n in range(13)]

    assert folded(sites, lost(*range(6))) == [("hub", "a", ["s0", "s1", "s2"]), ("hub", "b", ["s3", "s4", "s5"])]


def test_two_hubs_of_one_provider_are_two_hubs_and_three_are_the_provider() -> None:
    sites = [place(n, f"h{n // 4}") for n in range(20)]

    assert [name for _, name, _ in folded(sites, lost(*range(8)))] == ["h0", "h1"]
    assert [name for _, name, _ in folded(sites, lost(*range(12)))] == [VNPT]


def test_a_provider_is_one_fault_though_whole_hubs_hang_on_it() -> None:
    sites = [place(n, f"h{n // 4}", VNPT if n < 16 or n % 2 else VIETTEL) for n in range(32)]
    gone = [n for n in range(32) if n < 16 or n % 2]

    assert [(scope, name, len(ids)) for scope, name, ids in folded(sites, lost(*gone))] == [("provider", VNPT, 24)]


def test_a_provider_and_a_hub_at_once_are_two_faults_and_the_hub_has_all_its_sites() -> None:
    sites = [place(n, f"h{n // 6}", VNPT if n % 2 else VIETTEL) for n in range(36)]
    found = folded(sites, lost(*range(6), *range(7, 36, 2)))

    assert [(scope, name, len(ids)) for scope, name, ids in found] == [("hub", "h0", 6), ("provider", VNPT, 15)]


def test_all_providers_at_once_are_their_faults_where_our_own_side_is_well() -> None:
    sites = [place(n, f"h{n // 6}", (VNPT, VIETTEL, FPT)[n % 3]) for n in range(36)]
    everything = lost(*range(36))

    assert [(scope, name) for scope, name, _ in folded(sites, everything)] == [
        ("provider", FPT),
        ("provider", VNPT),
        ("provider", VIETTEL),
    ]
    assert [scope for scope, _, _ in folded(sites, everything, sighted=False)] == ["province"]


def test_everything_lost_is_one_fault_where_nothing_is_known_of_hubs_and_providers() -> None:
    assert [scope for scope, _, _ in folded([place(n, "", "") for n in range(20)], lost(*range(20)))] == ["province"]


def test_a_supply_tells_of_its_place_and_not_of_another_fault_next_to_it() -> None:
    """Sites of a provider were lost a minute after one neighbour went to its battery."""
    sites = [place(n, f"h{n // 10}", VIETTEL if n % 2 else VNPT, area=f"p{n // 10}") for n in range(40)]
    dark = Glimpse(Seen.DOWN, NOW_NS - 60 * SECOND_NS, mains_ns=NOW_NS - 130 * SECOND_NS, supplied=True)
    found = folded(sites, lost(*range(0, 40, 2)) | {"s1": dark})

    assert [(scope, name, len(ids)) for scope, name, ids in found] == [("provider", VNPT, 20)]


def test_a_provider_of_few_sites_is_known_by_all_of_them_at_once_at_several_hubs() -> None:
    """Four are wanted of a provider; of one that has fewer, all."""
    others = [place(number, f"h{number}", VIETTEL) for number in range(10, 30)]
    three = [place(number, f"h{number}", FPT) for number in range(3)]

    assert folded([*three, *others], lost(0, 1, 2)) == [("provider", FPT, ["s0", "s1", "s2"])]
    assert folded([*three, *others], lost(0, 1)) == [], "one of them is well"
    assert folded([*three, *others], lost(0, 1) | lost(2, after=40)) == [], "they went one after the other"
    assert folded([place(0, "h", FPT), place(1, "h", FPT), *others], lost(0, 1)) == [("hub", "h", ["s0", "s1"])]


def test_a_battery_beside_the_few_sites_of_a_provider_is_not_waited_for() -> None:
    others = [place(number, f"h{number}", VIETTEL) for number in range(10, 30)]
    three = [place(number, f"h{number}", FPT) for number in range(3)]
    dark = {"s2": replace(lost(2)["s2"], mains_ns=NOW_NS - 90 * SECOND_NS, supplied=True)}

    assert folded([*three, *others], lost(0, 1) | dark) == [("provider", FPT, ["s0", "s1"])]
