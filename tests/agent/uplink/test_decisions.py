"""What is decided without a network: how long to wait, which records go next, what an answer means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.spool.queue import Stored
from agent.uplink.answer import Reply, Verdict, interpret
from agent.uplink.backoff import BackoffSettings, wait_seconds
from agent.uplink.lanes import choose
from shared.wire.reading import Lane


@given(st.integers(1, 10**6), st.floats(0, 1, exclude_max=True), st.none() | st.floats(0, 3600))
def test_a_wait_is_bounded_and_never_shorter_than_asked_for(
    failures: int, draw: float, retry_after: float | None
) -> None:
    wait = wait_seconds(failures, draw, BackoffSettings(), retry_after)

    assert (retry_after or 0) <= wait <= (retry_after or 0) + 45


def test_a_fleet_that_failed_together_does_not_come_back_together() -> None:
    """The jitter is drawn after the cap: ten thousand agents at the cap spread over all of it."""
    waits = sorted(wait_seconds(40, number / 1000, BackoffSettings()) for number in range(1000))

    assert waits[100] < 5
    assert waits[900] > 40


@given(st.integers(0, 50), st.integers(1, 20), st.integers(0, 60))
def test_the_newest_goes_first_and_then_everything_in_order(waiting: int, limit: int, last_live: int) -> None:
    records = [Stored(sequence, 0, b"") for sequence in range(1, waiting + 1)]
    load = choose(records[-1] if records else None, records[:limit], last_live)
    if not records:
        assert load is None
        return
    assert load is not None
    if waiting <= limit:
        assert load.records == tuple(records)
    elif waiting > last_live:
        assert (load.lane, load.records) == (Lane.LIVE, (records[-1],))
    else:
        assert (load.lane, load.records) == (Lane.HISTORY, tuple(records[:limit]))


@pytest.mark.parametrize(
    ("given_", "date", "seconds"),
    [
        ("7", "", 7.0),
        ("0", "", 0.0),
        ("99999999999999999999", "", 3600.0),
        ("Sun, 06 Nov 1994 08:49:47 GMT", "Sun, 06 Nov 1994 08:49:37 GMT", 10.0),
        ("Sun, 06 Nov 1994 08:49:47 GMT", "Sun, 06 Nov 1994 09:49:37 GMT", 0.0),
        ("Sun, 06 Nov 2094 08:49:47 GMT", "Sun, 06 Nov 1994 08:49:37 GMT", 3600.0),
        ("Sun, 06 Nov 1994 08:49:47 GMT", "Sun, 06 Nov 1994 08:49:37 -0000", None),
        ("Sun, 06 Nov 1994 08:49:47 GMT", "", None),
        ("soon", "Sun, 06 Nov 1994 08:49:37 GMT", None),
        ("", "", None),
        ("-5", "", None),
        ("²", "", None),
    ],
)
def test_a_server_says_how_long_to_wait_in_seconds_or_as_a_date_by_its_own_clock(
    given_: str, date: str, seconds: float | None
) -> None:
    assert interpret(Reply(503, retry_after=given_, date=date), 1).retry_after_seconds == seconds


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_header_of_a_server_ends_the_courier(given_: str, date: str) -> None:
    wait = interpret(Reply(429, retry_after=given_, date=date), 1).retry_after_seconds

    assert wait is None or 0 <= wait <= 3600


@given(st.integers(100, 599), st.binary(max_size=100), st.text(max_size=20))
def test_only_our_own_acknowledgement_lets_records_go(status: int, body: bytes, retry_after: str) -> None:
    assert interpret(Reply(status, body, retry_after), 3).verdict is not Verdict.ACKNOWLEDGED


def test_what_only_a_person_can_mend_is_held_and_what_never_will_be_taken_is_rejected() -> None:
    said = b'{"error": "no batch"}'
    verdicts = {
        status: interpret(Reply(status, said), 1).verdict for status in (200, 301, 400, 401, 403, 404, 413, 415)
    }
    verdicts |= {status: interpret(Reply(status, said), 1).verdict for status in (422, 426, 429, 500, 503)}

    assert {s for s, v in verdicts.items() if v is Verdict.HELD} == {200, 401, 403, 404, 415, 426, 429}
    assert {s for s, v in verdicts.items() if v is Verdict.REJECTED} == {400, 413, 422}
    assert {s for s, v in verdicts.items() if v is Verdict.RETRY} == {301, 500, 503}
    assert interpret(Reply(409), 1).verdict is Verdict.EARLIER


@pytest.mark.parametrize("status", [400, 402, 410, 414, 422, 431, 451])
@pytest.mark.parametrize("body", [b"", b"<html>squid</html>", b'{"message": "quota"}', b"[]"])
def test_a_box_on_the_way_buries_nothing(status: int, body: bytes) -> None:
    assert interpret(Reply(status, body), 1).verdict is Verdict.HELD


def test_what_is_too_large_for_a_box_on_the_way_does_not_hold_up_all_behind_it() -> None:
    assert interpret(Reply(413, b"<html>nginx</html>"), 1).verdict is Verdict.REJECTED
