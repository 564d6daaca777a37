"""Lines that serve badly: told while they do, as faults of the access line; what hides them counts for nobody."""

from lab.world.fault import Fault
from lab.world.poor_scoring import PoorScore, poor_score
from tests.peers.universe import universe

SECONDS = 5400
HOUSE = universe([], SECONDS, sites=6, loss=0.02).land.places
OFFICE_FREE = [place for place in HOUSE if not place.office]


def scored(*faults: Fault) -> PoorScore | None:
    made = universe(faults, SECONDS, sites=6, loss=0.02)
    return poor_score(faults, made.timeline, made.live().versions, SECONDS)


def test_bad_lines_are_told_within_minutes_as_faults_of_their_access_line() -> None:
    one, other = (place.id for place in OFFICE_FREE[:2])
    score = scored(Fault("brown_out", one, 1200.0, 3900.0), Fault("bursty_loss", other, 1500.0, 3300.0))

    assert score is not None
    assert (score.bad_lines, score.bad_lines_told, score.bad_lines_missed) == (2, 2, ())
    assert score.bad_line_causes == {"access_link": 2}
    assert score.bad_line_wrong_share == 0
    assert score.bad_line_p50_seconds is not None
    assert score.bad_line_p50_seconds <= 600


def test_what_an_outage_or_our_own_loss_hides_needs_not_be_told() -> None:
    one, other = (place.id for place in OFFICE_FREE[:2])
    hidden = [Fault("fibre_cut", one, 1300.0, 3000.0), Fault("province_uplink", "", 1300.0, 3000.0)]
    bad = [Fault("bursty_loss", one, 1200.0, 3000.0), Fault("bursty_loss", other, 1200.0, 1500.0)]

    for each in hidden:
        score = scored(each, *bad)
        assert score is not None
        assert score.bad_lines == 0


def test_a_script_without_bad_lines_has_no_such_score() -> None:
    assert scored(Fault("fibre_cut", OFFICE_FREE[0].id, 1300.0, 2000.0)) is None
