"""The scorer: what it counts as told, in time, false and wrong, on incidents made by hand."""

from hypothesis import given
from hypothesis import strategies as st

from collector.incident import Cause, Confidence, Incident, Scope, Trouble
from lab.world.scoring import pages, quantile, score
from lab.world.truth import Happening, Outage
from lab.world.when import wall_ns

HOUR = 3600.0


def fault(number: int = 1, site: str = "s1", begins: float = 1000.0, lasts: float = 600.0) -> Happening:
    return Happening(
        number=number,
        kind="fibre_cut",
        where=site,
        scope=Scope.SITE,
        begins=begins,
        ends=begins + lasts,
        sites=(site,),
        outages=(Outage(site, begins, begins + lasts),),
        cause=Cause.ACCESS_LINK,
        must_tell=lasts > 180,
        may_tell=True,
        evident=True,
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
) -> Incident:
    return Incident(
        number=number,
        version=version,
        at_ns=wall_ns(known if ended is None else ended),
        scope=scope,
        subject=site,
        trouble=trouble,
        cause=cause,
        confidence=Confidence.PROVISIONAL,
        began_ns=wall_ns(known - 20),
        known_ns=wall_ns(known),
        ended_ns=None if ended is None else wall_ns(ended),
        sites=(site,),
        still=(site,) if ended is None else (),
        silent_because=silent,
    )


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

    assert page.at == 1001.0


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
