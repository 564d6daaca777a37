"""Who is sent away when too much waits, and when each may come again."""

import itertools

from collector.ingest.reception import Reception, ReceptionSettings

LARGE, SMALL = 200_000, 2_000
SECOND_NS = 1_000_000_000


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


def test_of_newest_states_as_many_are_let_in_as_are_worked_on_in_a_quarter_of_the_wait() -> None:
    found = Reception(ReceptionSettings(wait_seconds=0.15))
    for _ in range(500):
        found.learn(SMALL, SECOND_NS // 4000)  # with disk and sockets four times that: 1 ms
    number = 0
    while found.hears(SMALL, 0):
        found.begin(SMALL)
        number += 1

    assert number == 37


def test_where_turns_of_the_loop_are_long_nobody_is_let_in_beside_others() -> None:
    found = Reception(ReceptionSettings(wait_seconds=0.15))
    for _ in range(500):
        found.learn(SMALL, SECOND_NS // 4000)

    assert found.hears(SMALL, 0, turn_ns=SECOND_NS)
    found.begin(SMALL)
    assert found.hears(SMALL, 0, turn_ns=SECOND_NS // 50)
    assert not found.hears(SMALL, 0, turn_ns=SECOND_NS // 40)
    assert not found.hears(LARGE, 0, turn_ns=SECOND_NS // 40)


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
