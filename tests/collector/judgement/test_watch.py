"""When somebody watched: a collector that was off, asleep or set back did not."""

from collector.judgement.watch import NOTE_NS, PAUSE_NS, Watch

SECOND_NS = 1_000_000_000


def test_a_watch_is_written_at_its_beginning_and_then_now_and_again() -> None:
    watch = Watch()
    written = [span for second in range(301) if (span := watch.take(second * SECOND_NS)) is not None]

    assert written == [(0, minute * NOTE_NS) for minute in range(6)]


def test_a_pause_begins_a_new_watch() -> None:
    watch = Watch()
    watch.take(0)
    watch.take(PAUSE_NS)

    assert watch.take(2 * PAUSE_NS + 1) == (2 * PAUSE_NS + 1, 2 * PAUSE_NS + 1)


def test_a_clock_that_is_set_back_begins_a_new_watch() -> None:
    watch = Watch()
    watch.take(500 * SECOND_NS)

    assert watch.take(499 * SECOND_NS) == (499 * SECOND_NS, 499 * SECOND_NS)
