"""What an answer means: only what can never heal leaves the queue, and silence about 2.0 is no yes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.forward.answers import WRITTEN, Meaning, Reply, judge, wait_seconds


def meaning(reply: Reply, version: int = 1, *, proven: bool = True, samples: int = 10) -> Meaning:
    return judge(reply, version=version, proven=proven, samples=samples, now_wall_seconds=784_111_777.0).meaning


@pytest.mark.parametrize(
    ("status", "text", "expected"),
    [
        (200, "", Meaning.SENT),
        (204, "", Meaning.SENT),
        (400, "out of order sample", Meaning.SPLIT),
        (400, "", Meaning.SPLIT),
        (413, "", Meaning.SPLIT),
        (422, "", Meaning.SPLIT),
        (500, "too old sample", Meaning.SPLIT),
        (500, "database is locked", Meaning.RETRY),
        (503, "", Meaning.RETRY),
        (429, "", Meaning.RETRY),
        (429, "out of order sample", Meaning.RETRY),
        (408, "", Meaning.RETRY),
        (401, "", Meaning.HELD),
        (403, "", Meaning.HELD),
        (404, "", Meaning.HELD),
        (302, "", Meaning.HELD),
        (307, "", Meaning.HELD),
    ],
)
def test_only_what_can_never_heal_leaves_the_queue(status: int, text: str, expected: Meaning) -> None:
    assert meaning(Reply(status, {}, text)) is expected


@pytest.mark.parametrize(
    ("reply", "proven", "expected"),
    [
        (Reply(204, {WRITTEN: "10"}), False, Meaning.SENT),
        (Reply(204, {}), False, Meaning.OLDER),
        (Reply(204, {}), True, Meaning.OLDER),
        (Reply(204, {WRITTEN: "-1"}), False, Meaning.OLDER),
        (Reply(204, {WRITTEN: "9"}), True, Meaning.SPLIT),
        (Reply(415, {}), False, Meaning.OLDER),
        (Reply(415, {}), True, Meaning.OLDER),
        (Reply(406, {}), True, Meaning.OLDER),
        (Reply(404, {}), True, Meaning.HELD),
        (Reply(400, {}, "snappy: corrupt input"), False, Meaning.OLDER),
        (Reply(400, {}, "out of order"), True, Meaning.SPLIT),
        (Reply(503, {}), False, Meaning.RETRY),
    ],
)
def test_2_0_counts_as_understood_only_where_the_server_says_what_it_wrote(
    reply: Reply, proven: bool, expected: Meaning
) -> None:
    assert meaning(reply, 2, proven=proven) is expected


@pytest.mark.parametrize(
    ("given_", "seconds"),
    [
        ("7", 7.0),
        ("Sun, 06 Nov 1994 08:49:47 GMT", 10.0),
        ("Sun, 06 Nov 1994 08:00:00 GMT", 0.0),
        ("99999999999", 3600.0),
        ("soon", 0.0),
        ("-5", 0.0),
        ("", 0.0),
        ("²", 0.0),
    ],
)
def test_a_server_says_how_long_to_wait_in_seconds_or_as_a_date(given_: str, seconds: float) -> None:
    reply = Reply(429, {"retry-after": given_})

    assert judge(reply, version=1, proven=True, samples=1, now_wall_seconds=784_111_777.0).pause_seconds == seconds


@given(
    st.integers(100, 599), st.text(max_size=80), st.dictionaries(st.sampled_from([WRITTEN, "retry-after"]), st.text())
)
def test_any_answer_has_a_meaning(status: int, text: str, headers: dict[str, str]) -> None:
    for version in (1, 2):
        verdict = judge(Reply(status, headers, text), version=version, proven=False, samples=3, now_wall_seconds=1.0)
        assert len(verdict.detail) <= 300
        assert 0 <= verdict.pause_seconds <= 3600


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True), st.floats(0, 60))
def test_the_wait_is_drawn_after_the_cap_and_on_top_of_what_was_asked_for(n: int, draw: float, pause: float) -> None:
    assert pause <= wait_seconds(n, draw, 1.0, 120.0, pause) <= pause + 120.0
