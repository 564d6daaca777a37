"""Who is sent away when too much waits, and when each may come again."""

import itertools

from collector.ingest.reception import Reception, ReceptionSettings

LARGE, SMALL = 200_000, 2_000
SECOND_NS = 1_000_000_000
MILLISECOND_NS = SECOND_NS // 1000


def busy() -> Reception:
    """Decoding takes 20 ms a large batch, and there are as many as may wait."""
    found = Reception(ReceptionSettings(wait_seconds=0.15))
    for _ in range(500):
        found.learn(LARGE, SECOND_NS // 50)
    while found.hears(LARGE, 0):
        found.begin(LARGE)
    return found


def test_a_batch_alone_is_always_heard_however_large() -> None:
    assert Reception(ReceptionSettings(wait_seconds=0.0)).hears(10**9, 0)


def test_the_newest_state_is_still_heard_where_the_past_is_sent_away() -> None:
    found = busy()

    assert not found.hears(LARGE, 0)
    assert found.hears(SMALL, 0)


def quick() -> Reception:
    """A newest state costs a millisecond, with disk and sockets."""
    found = Reception(ReceptionSettings(wait_seconds=0.15))
    for _ in range(500):
        found.learn(SMALL, SECOND_NS // 4000)
    return found


def send_away(found: Reception, number: int) -> None:
    """Each gets an appointment a millisecond and a half behind the one before."""
    for _ in range(number):
        found.appointment_seconds(SMALL, 0)


def let_in(found: Reception) -> int:
    """How many newest states come in beside each other."""
    number = 0
    while found.hears(SMALL, 0):
        found.begin(SMALL)
        number += 1
    return number


def test_as_many_newest_states_are_let_in_as_can_be_worked_on_in_the_wait_and_in_a_crowd_in_a_quarter_of_it() -> None:
    calm, crowded = quick(), quick()
    send_away(calm, 100)
    send_away(crowded, 250)

    assert 147 <= let_in(calm) <= 150
    assert 36 <= let_in(crowded) <= 37


def test_where_turns_of_the_loop_are_long_nobody_is_let_in_beside_others_and_in_a_crowd_sooner() -> None:
    calm, crowded = quick(), quick()
    send_away(calm, 100)
    send_away(crowded, 250)

    for found, long_ms in ((calm, 76), (crowded, 23)):
        assert found.hears(SMALL, 0, lag_ns=SECOND_NS)
        found.begin(SMALL)
        assert found.hears(SMALL, 0, lag_ns=(long_ms - 1) * MILLISECOND_NS)
        assert not found.hears(SMALL, 0, lag_ns=long_ms * MILLISECOND_NS)
        assert not found.hears(LARGE, 0, lag_ns=long_ms * MILLISECOND_NS)


def test_two_large_batches_are_let_in_however_slow_the_machine_and_no_third() -> None:
    found = Reception(ReceptionSettings(wait_seconds=0.15))
    for _ in range(500):
        found.learn(LARGE, SECOND_NS)
    found.begin(LARGE)

    assert found.hears(LARGE, 0)
    found.begin(LARGE)
    assert not found.hears(LARGE, 0)


def test_the_past_waits_until_the_newest_states_that_were_sent_away_have_come() -> None:
    found = Reception(ReceptionSettings())
    for _ in range(1000):
        last = int(found.appointment_seconds(SMALL, 0) * SECOND_NS)

    assert not found.hears(LARGE, 0)
    assert found.hears(SMALL, 0)
    assert found.appointment_seconds(LARGE, 0) * SECOND_NS > last
    assert found.hears(LARGE, last + SECOND_NS)


def test_those_sent_away_come_back_one_after_the_other_and_not_together() -> None:
    found = busy()
    times = [found.appointment_seconds(LARGE, 0) for _ in range(100)]

    steps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert min(steps) > 0.02
    assert times[-1] < 15


def test_the_newest_state_does_not_queue_behind_the_past() -> None:
    found = busy()
    for _ in range(1000):
        found.appointment_seconds(LARGE, 0)

    assert found.appointment_seconds(SMALL, 0) == 0


def test_nobody_is_sent_away_for_longer_than_the_longest_time() -> None:
    found = busy()

    assert max(found.appointment_seconds(LARGE, 0) for _ in range(50_000)) <= 600


def test_a_body_that_comes_in_slowly_gives_its_place_back_once() -> None:
    found = Reception(ReceptionSettings(wait_seconds=0.0))
    found.begin(LARGE)
    with found.coming(LARGE) as place:
        assert not found.hears(LARGE, 0)
        place.leave()
        assert found.hears(LARGE, 0)
        found.begin(LARGE)

    assert not found.hears(LARGE, 0)
    found.end(LARGE)
    assert found.hears(LARGE, 0)
