"""The site of the daily trial fails by the judgement as it is set, or there is no trial."""

import pytest

from collector.calendar.canary import judged_loss
from collector.calendar.trial import SITE
from collector.incident import Scope, Trouble
from collector.judgement.settings import JudgementSettings

NOW_NS = 1_800_000_000 * 1_000_000_000


def test_a_site_that_answers_no_more_is_one_incident_by_the_real_judgement() -> None:
    incident = judged_loss(NOW_NS, JudgementSettings())

    assert incident is not None
    assert (incident.scope, incident.subject, incident.trouble, incident.calls) == (
        Scope.SITE,
        SITE,
        Trouble.DOWN,
        True,
    )
    assert incident.known_ns - incident.began_ns <= 30_000_000_000
    assert incident.known_ns < NOW_NS


@pytest.mark.parametrize(
    "settings",
    [
        JudgementSettings(down_runs=20, down_seconds=120, fold_wait_seconds=60),
        JudgementSettings(vantage_kind="tcp", vantage_roles=("door",), anchor_roles=()),
    ],
)
def test_it_fails_by_whatever_settings_there_are(settings: JudgementSettings) -> None:
    assert judged_loss(NOW_NS, settings) is not None


@pytest.mark.parametrize("settings", [JudgementSettings(down_runs=100_000), JudgementSettings(vantage_roles=())])
def test_a_judgement_that_will_never_tell_of_a_lost_site_makes_no_incident(settings: JudgementSettings) -> None:
    assert judged_loss(NOW_NS, settings) is None
