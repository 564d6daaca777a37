"""The scorer: what it counts as told, in time, false and wrong, on incidents made by hand."""

from dataclasses import replace

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from collector.incident import Cause, Confidence, Incident, Scope, Trouble
from lab.world.matching import explained
from lab.world.scoring import quantile, score
from lab.world.stories import pages, stories
from lab.world.truth import Happening, Outage
from lab.world.when import wall_ns

HOUR = 3600.0


def fault(
    number: int = 1,
    site: str = "s1",
    begins: float = 1000.0,
    lasts: float = 600.0,
    cause: Cause = Cause.ACCESS_LINK,
) -> Happening:
    return Happening(
        number=number,
        kind="fibre_cut",
        where=site,
        scope=Scope.SITE,
        begins=begins,
        ends=begins + lasts,
        sites=(site,),
        outages=(Outage(site, begins, begins + lasts),),
        cause=cause,
        must_tell=lasts > 180,
        may_tell=True,
        evident=True,
    )


def shared_fault(number: int, where: str, sites: tuple[str, ...], begins: float, lasts: float) -> Happening:
    """Of a hub."""
    return replace(
        fault(number, where, begins, lasts, Cause.HUB),
        kind="hub_down",
        scope=Scope.HUB,
        sites=sites,
        outages=tuple(Outage(site, begins, begins + lasts) for site in sites),
    )


def incident(  # noqa: PLR0917 - a record by hand
    number: int = 1,
    site: str = "s1",
    known: float = 1024.0,
    ended: float | None = None,
    cause: Cause = Cause.ACCESS_LINK,
    silent: str = "",
    trouble: Trouble = Trouble.DOWN,
    scope: Scope = Scope.SITE,
    version: int = 1,
    sites: tuple[str, ...] = (),
    began: float | None = None,
    at: float | None = None,
) -> Incident:
    decided = known if ended is None else max(known, ended)
    return Incident(
        number=number,
        version=version,
        at_ns=wall_ns(decided if at is None else at),
        scope=scope,
        subject=site,
        trouble=trouble,
        cause=cause,
        confidence=Confidence.PROVISIONAL,
        began_ns=wall_ns(known - 20 if began is None else began),
        known_ns=wall_ns(known),
        ended_ns=None if ended is None else wall_ns(ended),
        sites=sites or (site,),
        still=(sites or (site,)) if ended is None else (),
        silent_because=silent,
    )


def test_a_fault_is_told_by_what_tells_of_the_sites_that_it_took_and_not_of_those_that_it_touched() -> None:
    """A hub fails, and as it is back its area's mains do: two sites have batteries, one has none."""
    sites = ("s1", "s2", "s3")
    hub = shared_fault(1, "h", sites, 1000.0, 600.0)
    area = replace(
        fault(2, "p", 1600.0, 900.0, Cause.POWER),
        kind="power_area",
        scope=Scope.POWER_AREA,
        sites=sites,
        outages=(Outage("s1", 1600.0, 2500.0),),
    )
    told = [
        incident(1, "h", ended=1600.0, cause=Cause.HUB, scope=Scope.HUB, sites=sites),
        incident(2, "p", began=1000.0, known=1900.0, cause=Cause.POWER, scope=Scope.POWER_AREA, sites=("s1",)),
    ]
    opened = [msgspec.structs.replace(one, ended_ns=None, still=one.sites, at_ns=one.known_ns) for one in told]

    assert score([hub, area], [*opened, *told], (), 1.0).causes.confusion == {"hub": {"hub": 1}, "power": {"power": 1}}


def test_two_lines_of_a_hub_cut_in_the_same_moment_may_be_told_as_the_hub_and_later_ones_may_not() -> None:
    hub = incident(1, "h", cause=Cause.HUB, scope=Scope.HUB, sites=("s1", "s2"))

    def wrong(begins: float, cause: Cause = Cause.ACCESS_LINK) -> int:
        two = [fault(), fault(2, "s2", begins=begins, cause=cause)]
        return len(score(two, [hub], (), 1.0).causes.wrong)

    assert wrong(1015.0) == 0
    assert wrong(1030.0) == 2
    assert wrong(1015.0, Cause.SITE_LAN) == 2


def test_what_came_to_light_when_it_was_over_tells_beside_the_incident_that_called() -> None:
    area = incident(1, "p", cause=Cause.POWER, scope=Scope.POWER_AREA, sites=("s1", "s2"))
    over = msgspec.structs.replace(area, version=2, ended_ns=wall_ns(1600.0), still=(), at_ns=wall_ns(1600.0))
    own = incident(2, known=1700.0, began=1000.0, ended=1600.0, silent="past")

    def wrong(*versions: Incident) -> tuple[str, ...]:
        return score([fault()], versions, (), 1.0).causes.wrong

    assert wrong(area, over) == ("fibre_cut s1 at 1000: power",)
    assert wrong(area, over, own) == ()
    assert score([fault()], (own,), (), 1.0).recall_of_faults == 0.0, "nobody was called"


def test_a_fault_told_once_with_its_cause_is_all_one_can_wish() -> None:
    found = score([fault()], [incident(), incident(ended=1600.0, version=2)], [], HOUR)

    assert (found.pages, found.false_pages, found.precision) == (1, 0, 1.0)
    assert (found.recall_of_outages, found.recall_of_faults, found.pages_per_fault) == (1.0, 1.0, 1.0)
    assert found.detect_p99_seconds == 24.0
    assert (found.causes.right_where_evident, found.causes.wrong_share) == (1.0, 0.0)


def test_a_fault_that_nobody_told_is_missed() -> None:
    found = score([fault()], [], [], HOUR)

    assert (found.recall_of_outages, found.recall_of_faults, found.detect_p50_seconds) == (0.0, 0.0, None)
    assert found.missed == ("s1 from 1000 to 1600",)
    assert found.causes.confusion == {"access_link": {"missed": 1}}


def test_a_page_without_a_fault_is_false() -> None:
    found = score([fault()], [incident(), incident(2, "s2", 5000.0)], [], 500.0)

    assert (found.false_pages, found.precision) == (1, 0.5)
    assert found.false_pages_per_1000_site_hours == 2.0


def test_a_page_at_the_right_site_at_another_time_is_false() -> None:
    assert score([fault()], [incident(known=9000.0)], [], HOUR).false_pages == 1


def test_a_cause_that_is_not_known_is_not_wrong_but_not_right() -> None:
    found = score([fault()], [incident(cause=Cause.UNKNOWN)], [], HOUR).causes

    assert (found.unknown_share, found.right_where_evident, found.wrong_share) == (1.0, 0.0, 0.0)


def test_what_planned_work_silenced_needs_no_fault_though_a_fault_right_after_it_is_told_as_the_same() -> None:
    work = replace(fault(1, begins=1000.0, lasts=300.0), cause=None, must_tell=False, may_tell=False)
    after = fault(2, begins=1500.0)
    planned = [incident(known=1024.0, silent="maintenance"), incident(ended=1300.0, version=2, silent="maintenance")]
    again = incident(known=1524.0, version=3, began=1004.0)

    assert score([work, after], [*planned, again], [], HOUR).false_pages == 0
    assert score([work, after], [incident(), *planned[1:], again], [], HOUR).false_pages == 1, "it called at first"


def test_what_a_battery_carried_is_told_by_what_tells_of_its_loss() -> None:
    cut = fault(1, begins=1000.0, lasts=1800.0)
    power = replace(fault(2, begins=1000.0, lasts=4500.0, cause=Cause.POWER), outages=(Outage("s1", 3700.0, 5500.0),))
    first = [incident(known=1024.0), incident(ended=2806.0, version=2, known=1024.0)]
    second = [incident(2, known=3724.0, cause=Cause.POWER), incident(2, known=3724.0, ended=5506.0, cause=Cause.POWER)]

    assert score([cut, power], [*first, *second], [], HOUR).causes.wrong == ()


def test_reports_that_are_missing_since_our_own_side_was_cut_may_be_told_when_it_is_back() -> None:
    cut = replace(fault(1, "", 1218.0, 488.0, Cause.PROVINCE), scope=None, sites=(), outages=())
    kept = replace(fault(2, "", 1706.0, 800.0), cause=None, scope=None, sites=(), outages=(), hushes=True)
    late = incident(
        site="province", known=1775.0, began=1209.0, trouble=Trouble.UNREPORTED, scope=Scope.PROVINCE, sites=("s1",)
    )
    story = stories([late])[0]

    assert explained(story, [cut, replace(kept, may_tell=True)])
    assert not explained(story, [cut]), "nothing kept the reports away when it was told"
    assert not explained(story, [replace(cut, begins=600.0, ends=900.0), replace(kept, may_tell=True)])


def test_of_a_hub_whose_other_site_had_hardly_returned_the_line_is_as_true() -> None:
    def line(gap: float) -> float | None:
        lost = fault(1, "s1", 1500.0 - gap - 75.0, 75.0)
        hub = shared_fault(2, "h", ("s1", "s2"), 1500.0, 600.0)
        mine = [incident(1, "s1", 1450.0 - gap), incident(1, "s1", 1450.0 - gap, ended=2110.0)]
        return score([lost, hub], [*mine, incident(2, "s2", 1524.0)], [], HOUR).causes.wrong_share

    assert line(6.0) == 0.0, "nobody saw it return"
    assert line(-60.0) == 0.0, "it was lost still when its hub died"
    assert line(600.0) == 1.0


def test_the_last_word_on_a_cause_counts() -> None:
    versions = [incident(cause=Cause.POWER), incident(cause=Cause.ACCESS_LINK, ended=1600.0, version=2)]

    assert score([fault()], versions, [], HOUR).causes.confusion == {"access_link": {"access_link": 1}}
    assert score([fault()], versions[:1], [], HOUR).causes.wrong_share == 1.0


def test_what_is_silent_or_serves_badly_or_is_over_calls_nobody() -> None:
    silent = [incident(number, silent=why) for number, why in enumerate(("past", "maintenance", "folded"), start=1)]
    others = [
        incident(4, trouble=Trouble.DEGRADED),
        incident(5, trouble=Trouble.SILENT, scope=Scope.AGENT),
        incident(6, ended=2000.0),
    ]

    assert pages(silent + others) == []
    assert [page.number for page in pages([incident(7, trouble=Trouble.SILENT, scope=Scope.PROVINCE)])] == [7]


def test_an_incident_calls_once_however_many_versions_it_has() -> None:
    versions = [incident(version=version, known=1000.0 + version) for version in range(1, 9)]
    (page,) = pages(versions)

    assert page.called_at == 1001.0


def test_two_pages_of_one_fault_count_as_two() -> None:
    assert score([fault()], [incident(), incident(2, known=1100.0)], [], HOUR).pages_per_fault == 2.0


def test_a_site_that_is_lost_to_a_second_fault_is_known_already_and_not_timed() -> None:
    faults = [fault(), fault(2, begins=1200.0, lasts=900.0)]
    found = score(faults, [incident(), incident(ended=2110.0, version=2)], [], HOUR)

    assert (found.outages, found.recall_of_outages) == (2, 1.0)
    assert found.detect_p99_seconds == 24.0


def test_a_page_belongs_to_the_fault_that_explains_most_of_it() -> None:
    faults = [fault(), fault(2, "s2")]

    assert score(faults, [incident(), incident(2, "s2", 1030.0)], [], HOUR).pages_per_fault == 1.0
    assert score(faults, [incident(), incident(2, known=1300.0)], [], HOUR).pages_per_fault == 2.0


def test_what_nobody_could_see_is_not_held_against_the_judge() -> None:
    found = score([fault()], [], [(900.0, 1700.0)], HOUR)

    assert (found.outages, found.recall_of_outages) == (0, None)
    assert (found.must_tell, found.recall_of_faults, found.causes.confusion) == (0, None, {})
    assert (found.hidden_outages, found.hidden_found) == (1, 0)


def test_what_was_over_before_the_collector_was_back_must_be_found_in_the_record_and_calls_nobody() -> None:
    kept = replace(fault(), outages=(Outage("s1", 1000.0, 1600.0, kept=True),))
    past = incident(known=2000.0, began=1002.0, ended=1602.0, silent="past")
    blind = [(900.0, 1990.0)]

    found = score([kept], [past], blind, HOUR)
    assert (found.pages, found.recall_of_outages, found.recall_of_faults) == (0, 1.0, 1.0)
    assert found.causes.confusion == {"access_link": {"access_link": 1}}
    assert (found.hidden_outages, found.hidden_found, found.detect_p99_seconds) == (1, 1, None)
    assert score([kept], [], blind, HOUR).recall_of_outages == 0.0


def test_detection_counts_from_when_something_could_be_seen() -> None:
    versions = [incident(known=2024.0, began=1004.0)]

    assert score([fault(lasts=5000.0)], versions, [(900.0, 2000.0)], HOUR).detect_p99_seconds == 24.0
    assert score([fault(lasts=5000.0)], versions, [(1010.0, 2000.0)], HOUR).detect_p99_seconds == 24.0
    assert score([fault(lasts=5000.0)], versions, [(1100.0, 2000.0)], HOUR).detect_p99_seconds == 124.0


def test_what_is_only_found_later_was_not_told_where_it_could_be_seen() -> None:
    past = incident(known=2000.0, began=1002.0, ended=1602.0, silent="past")
    found = score([fault()], [past], [], HOUR)

    assert (found.recall_of_outages, found.recall_of_faults) == (0.0, 0.0)


def test_to_see_nothing_of_the_province_tells_of_none_of_its_sites() -> None:
    unseen = incident(9, "centre", 1000.0, scope=Scope.PROVINCE, trouble=Trouble.SILENT, sites=("s1",))

    assert score([fault()], [unseen], [], HOUR).recall_of_outages == 0.0


def test_work_that_was_announced_need_not_be_told_and_what_outlasts_it_must() -> None:
    within = replace(fault(lasts=900.0), outages=(Outage("s1", 1000.0, 1900.0, ((500.0, 1800.0),)),))
    beyond = replace(fault(lasts=9000.0), outages=(Outage("s1", 1000.0, 10_000.0, ((500.0, 4000.0),)),))

    assert score([within], [], [], HOUR).outages == 0
    assert score([beyond], [], [], HOUR).recall_of_outages == 0.0
    found = score([beyond], [incident(known=4003.0, began=1004.0)], [], HOUR)
    assert (found.recall_of_outages, found.detect_p99_seconds) == (1.0, 3.0)


HUB = ("s1", "s2", "s3", "s4")


def while_open(version: Incident) -> Incident:
    """As it was while it lasted."""
    return msgspec.structs.replace(version, ended_ns=None, still=version.sites)


def test_each_of_two_pages_belongs_to_the_fault_that_it_names_at_its_time() -> None:
    """A hub fails; one of its sites is lost for longer, to a fault of its own that began meanwhile."""
    faults = [shared_fault(1, "h", HUB, 1000.0, 1800.0), fault(2, "s1", 1900.0, 7000.0)]
    hub = incident(1, "h", 1024.0, cause=Cause.HUB, scope=Scope.HUB, sites=HUB)
    site = incident(2, "s1", 3100.0, began=1003.0)
    versions = [
        hub,
        site,
        incident(1, "h", 1024.0, 2806.0, cause=Cause.HUB, scope=Scope.HUB, sites=HUB, version=2),
        incident(2, "s1", 3100.0, 8905.0, began=1003.0, version=2),
    ]
    found = score(faults, versions, [], HOUR)

    assert found.causes.confusion == {"access_link": {"access_link": 1}, "hub": {"hub": 1}}
    assert found.pages_per_fault == 1.0


def test_a_page_by_a_faults_name_belongs_to_it_though_another_had_more_sites() -> None:
    faults = [shared_fault(1, "h", HUB, 1000.0, 1800.0), fault(2, "s1", 1000.0, 1800.0)]
    versions = [
        incident(1, "h", cause=Cause.HUB, scope=Scope.HUB, sites=HUB),
        incident(2, "s1"),
    ]

    assert score(faults, versions, [], HOUR).pages_per_fault == 1.0
    assert score(faults[:1], versions, [], HOUR).pages_per_fault == 2.0


def test_of_two_faults_one_after_the_other_each_has_the_page_of_its_time() -> None:
    faults = [fault(), fault(2, begins=1650.0, cause=Cause.SITE_LAN)]
    for causes, wrong in (
        ((Cause.ACCESS_LINK, Cause.SITE_LAN), 0),
        ((Cause.ACCESS_LINK, Cause.POWER), 1),
        ((Cause.POWER, Cause.SITE_LAN), 1),
    ):
        versions = [
            incident(1, ended=1606.0, cause=causes[0], at=1024.0),
            incident(2, known=1674.0, ended=2256.0, cause=causes[1], at=1674.0),
        ]
        opened = [while_open(version) for version in versions]
        found = score(faults, [opened[0], versions[0], opened[1], versions[1]], [], HOUR)
        assert (len(found.causes.wrong), found.pages_per_fault) == (wrong, 1.0), causes


def test_of_two_faults_of_a_site_at_once_either_cause_is_right_that_had_half_of_the_time() -> None:
    long, short = fault(lasts=3600.0), fault(2, begins=1600.0, lasts=1900.0, cause=Cause.SITE_LAN)
    for cause, wrong in ((Cause.ACCESS_LINK, 0), (Cause.SITE_LAN, 0), (Cause.POWER, 2)):
        found = score([long, short], [incident(cause=cause)], [], HOUR).causes
        assert len(found.wrong) == wrong, cause


def test_half_of_a_time_is_half_as_far_as_looks_can_tell() -> None:
    long = fault(lasts=3600.0)
    for short_by, wrong in ((9.0, 0), (40.0, 1)):
        other = fault(2, begins=1600.0, lasts=1800.0 - short_by, cause=Cause.SITE_LAN)
        found = score([long, other], [incident(cause=Cause.SITE_LAN)], [], HOUR).causes
        assert len(found.wrong) == wrong, short_by


def test_a_short_fault_may_be_told_by_another_that_had_its_time_and_a_long_one_may_not() -> None:
    long, short = fault(lasts=10_000.0), fault(2, begins=1400.0, lasts=500.0, cause=Cause.SITE_LAN)
    power = fault(3, begins=1350.0, lasts=650.0, cause=Cause.POWER)
    found = score([long, short, power], [incident(cause=Cause.POWER)], [], HOUR).causes

    assert found.wrong == ("fibre_cut s1 at 1000: power",)


def test_a_cause_that_was_soon_over_does_not_explain_the_rest() -> None:
    """A provider fails and returns; a site of it, cut meanwhile, stays lost, and is told apart as the provider's."""
    faults = [fault(cause=Cause.ISP), fault(2, begins=1400.0, lasts=9000.0)]
    found = score(faults, [incident(cause=Cause.ISP)], [], HOUR).causes

    assert found.confusion == {"isp": {"isp": 1}, "access_link": {"isp": 1}}
    assert found.wrong == ("fibre_cut s1 at 1400: isp",)
    found = score(faults, [incident(cause=Cause.ACCESS_LINK)], [], HOUR).causes
    assert found.wrong == (), "what it has come to is as true of the beginning"


def test_a_cause_that_was_true_at_another_time_is_wrong() -> None:
    faults = [fault(), fault(2, begins=6000.0, cause=Cause.SITE_LAN)]
    versions = [incident(cause=Cause.SITE_LAN), incident(cause=Cause.SITE_LAN, ended=1600.0, version=2)]

    assert score(faults, versions, [], HOUR).causes.confusion == {
        "access_link": {"site_lan": 1},
        "site_lan": {"missed": 1},
    }


def test_one_sites_own_trouble_does_not_excuse_a_wrong_cause_for_many() -> None:
    faults = [shared_fault(1, "h", HUB, 1000.0, 1800.0), fault(2, "s1", 900.0, 4000.0, Cause.POWER)]
    area = incident(1, "EVN", cause=Cause.POWER, scope=Scope.POWER_AREA, sites=HUB)

    assert score(faults, [area], [], HOUR).causes.wrong == ("hub_down h at 1000: power",)


def test_a_small_part_told_by_its_right_name_does_not_hide_the_rest() -> None:
    many = tuple(f"s{number}" for number in range(8))
    versions = [
        incident(1, "EVN", cause=Cause.POWER, scope=Scope.POWER_AREA, sites=many[:6]),
        incident(2, "h", cause=Cause.HUB, scope=Scope.HUB, sites=many[6:]),
    ]
    found = score([shared_fault(1, "h", many, 1000.0, 900.0)], versions, [], HOUR)

    assert found.causes.wrong == ("hub_down h at 1000: power",)
    assert found.pages_per_fault == 2.0


def test_a_hub_of_one_site_may_be_told_as_its_line() -> None:
    alone, pair = (shared_fault(1, "h", HUB[:sites], 1000.0, 900.0) for sites in (1, 2))
    line = [incident(cause=Cause.ACCESS_LINK)]

    assert score([alone], line, [], HOUR).causes.wrong == ()
    assert score([alone], [incident(cause=Cause.HUB)], [], HOUR).causes.wrong == ()
    assert score([pair], line, [], HOUR).causes.wrong == ("hub_down h at 1000: access_link",)
    dark = fault(2, "s1", 1500.0, 600.0, Cause.POWER)
    assert score([alone, dark], line, [], HOUR).causes.wrong == (), "it had most of what is told"
    for ends, wrong in ((5000.0, 0), (1750.0, 0), (1650.0, 1)):
        neighbour = fault(2, "s2", 500.0, ends - 500.0)
        found = score([pair, neighbour], line, [], HOUR).causes
        assert len(found.wrong) == wrong, f"of its two sites one was gone already, until {ends:.0f}"


def test_an_incident_that_opens_again_is_judged_for_each_fault_by_what_it_said_then() -> None:
    faults = [fault(), fault(2, begins=1900.0, cause=Cause.SITE_LAN)]
    versions = [
        incident(),
        incident(ended=1606.0, version=2),
        incident(known=1924.0, began=1004.0, version=3, cause=Cause.UNKNOWN),
        incident(ended=2506.0, began=1004.0, version=4, cause=Cause.SITE_LAN),
    ]
    found = score(faults, versions, [], HOUR)

    assert found.causes.confusion == {"access_link": {"access_link": 1}, "site_lan": {"site_lan": 1}}
    assert (found.pages, found.false_pages, found.recall_of_faults) == (1, 0, 1.0)


def test_what_began_with_announced_work_and_outlasts_it_is_told_rightly() -> None:
    work = replace(fault(1, begins=980.0, lasts=900.0), kind="maintenance", cause=None, must_tell=False, may_tell=False)
    longer = fault(2, begins=1500.0, lasts=5000.0)

    assert score([work, longer], [incident(known=2000.0, began=984.0)], [], HOUR).false_pages == 0
    assert score([work], [incident(known=1100.0, began=984.0)], [], HOUR).false_pages == 1


def test_an_incident_that_opens_again_for_nothing_is_false() -> None:
    versions = [
        incident(),
        incident(ended=1606.0, version=2),
        incident(known=2100.0, began=1004.0, version=3),
        incident(ended=2200.0, began=1004.0, version=4),
    ]

    assert score([fault()], versions, [], HOUR).false_pages == 1


def test_a_page_that_began_before_anything_was_wrong_is_false_whatever_comes_later() -> None:
    assert score([fault(begins=5000.0)], [incident()], [], HOUR).false_pages == 1
    assert score([fault()], [incident(known=1700.0)], [], HOUR).false_pages == 1


def test_a_page_of_many_sites_of_which_few_are_lost_is_false() -> None:
    hub = incident(1, "h", cause=Cause.HUB, scope=Scope.HUB, sites=HUB)

    assert score([fault()], [hub], [], HOUR).false_pages == 1
    assert score([fault(), fault(2, "s2")], [hub], [], HOUR).false_pages == 0


def test_the_whole_province_told_as_lost_is_told_of_its_sites_by_a_wrong_cause() -> None:
    """All its hubs are lost at once, and our own side is well."""
    page = incident(1, "province", cause=Cause.PROVINCE, scope=Scope.PROVINCE, sites=HUB)
    found = score([shared_fault(1, "h", HUB, 1000.0, 900.0)], [page], [], HOUR)

    assert (found.false_pages, found.recall_of_faults) == (0, 1.0)
    assert found.causes.wrong == ("hub_down h at 1000: province",)


def test_an_outage_of_three_minutes_and_less_need_not_be_known() -> None:
    assert score([fault(lasts=180.0)], [], [], HOUR).outages == 0


VERSIONS = st.lists(
    st.builds(
        incident,
        number=st.integers(1, 5),
        site=st.sampled_from(["s1", "s2", "s3"]),
        known=st.floats(100, 9000),
        cause=st.sampled_from(Cause),
        trouble=st.sampled_from(Trouble),
        scope=st.sampled_from(Scope),
        silent=st.sampled_from(["", "past", "folded"]),
    ),
    max_size=12,
)
FAULTS = st.lists(
    st.builds(
        fault,
        number=st.integers(1, 10**6),
        site=st.sampled_from(["s1", "s2"]),
        begins=st.floats(0, 8000),
        lasts=st.floats(1, 4000),
    ),
    max_size=8,
    unique_by=lambda one: one.number,
)


@given(FAULTS, VERSIONS)
def test_figures_are_shares_and_add_up(faults: list[Happening], versions: list[Incident]) -> None:
    found = score(faults, versions, [], HOUR)

    assert found.true_pages + found.false_pages == found.pages <= found.incidents
    shares = (found.precision, found.recall_of_outages, found.recall_of_faults)
    assert all(share is None or 0 <= share <= 1 for share in shares)
    assert sum(sum(row.values()) for row in found.causes.confusion.values()) == found.must_tell
    assert found.detect_p50_seconds is None or found.detect_p50_seconds <= (found.detect_p99_seconds or 0)
    assert len(found.missed) + round((found.recall_of_outages or 0) * found.outages) == found.outages


@given(VERSIONS)
def test_without_faults_every_page_is_false(versions: list[Incident]) -> None:
    assert score([], versions, [], HOUR).false_pages == len(pages(versions))


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0, 0.999))
def test_a_quantile_is_one_of_the_numbers(numbers: list[float], share: float) -> None:
    ordered = sorted(numbers)

    assert quantile(ordered, share) in ordered
    assert quantile(ordered, 0.0) == ordered[0]
