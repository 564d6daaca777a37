"""When the word on an outage is the last: not before its site's agent has told all that it kept, be it for weeks."""

import pytest

from collector.incident import Confidence
from collector.judgement.causes import Causes
from collector.judgement.groups import Case
from collector.judgement.notes import Notes
from collector.judgement.scene import Backlog, Scene
from collector.judgement.settings import JudgementSettings
from tests.peers.story import SECOND_NS, communes

DAY_NS = 86_400 * SECOND_NS
ENDED_NS = 1000 * DAY_NS


@pytest.mark.parametrize(
    ("days", "said_days", "word"),
    [
        (8, -1, Confidence.PROVISIONAL),
        (30, -1, Confidence.PROVISIONAL),
        (32, -1, Confidence.FINAL),
        (8, 7, Confidence.FINAL),
    ],
)
def test_a_backlog_is_waited_for_as_long_as_a_spool_keeps_it(days: int, said_days: int, word: Confidence) -> None:
    settings = JudgementSettings()
    case = Case("s0", ENDED_NS - 600 * SECOND_NS, ENDED_NS - 580 * SECOND_NS)
    case.ended_ns = ENDED_NS
    said = Backlog(at_ns=ENDED_NS + said_days * DAY_NS, oldest_ns=None)
    scene = Scene(now_ns=ENDED_NS + days * DAY_NS, looks={}, backlogs={"s0": (said,)})

    assert Causes(communes(2), Notes(settings), settings).confidence([case], scene) is word
