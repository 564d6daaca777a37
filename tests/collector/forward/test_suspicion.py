"""When a sample is given up that a store faults on: not before its time, and never in an outage."""

from itertools import pairwise

from collector.forward.suspicion import GivenUp, Trial, is_hopeless, is_suspect

SECOND_NS = 10**9
PATIENCE_NS = 600 * SECOND_NS


def faults(number: int, every_seconds: float) -> tuple[Trial, int]:
    """A trial with so many, and the moment of the last."""
    trial, now_ns = Trial(), 0
    for at in range(number):
        now_ns = int(at * every_seconds * SECOND_NS)
        trial = trial.failed(now_ns)
    return trial, now_ns


def test_a_few_faults_within_a_moment_make_no_suspect() -> None:
    assert not is_suspect(*faults(50, 0.5), PATIENCE_NS)
    assert not is_suspect(*faults(4, 100), PATIENCE_NS)
    assert is_suspect(*faults(5, 8), PATIENCE_NS)


def test_a_sample_has_its_time_however_often_it_is_tried() -> None:
    trial, now_ns = faults(5000, 0.1)
    assert not is_hopeless(trial, GivenUp(), now_ns, PATIENCE_NS)
    trial, now_ns = faults(4, 1000)
    assert not is_hopeless(trial, GivenUp(), now_ns, PATIENCE_NS)
    trial, now_ns = faults(7, 100)
    assert is_hopeless(trial, GivenUp(), now_ns, PATIENCE_NS)


def test_each_one_given_up_halves_the_time_of_the_next_and_an_hour_without_gives_it_back() -> None:
    def least_seconds(given_up: GivenUp) -> int:
        def hopeless(seconds: int) -> bool:
            trial, now_ns = faults(6, seconds / 5)
            return is_hopeless(trial, given_up, now_ns, PATIENCE_NS)

        return next(seconds for seconds in range(700) if hopeless(seconds))

    given_up, least = GivenUp(), []
    for _ in range(12):
        least.append(least_seconds(given_up))
        given_up = given_up.another(0)

    assert least[:4] == [600, 300, 150, 75]
    assert least[-1] == 0
    assert all(later <= earlier for earlier, later in pairwise(least))
    assert not is_hopeless(Trial(1, 0), given_up, 0, PATIENCE_NS), "one fault alone is nobody's"
    assert given_up.another(2 * 3600 * SECOND_NS) == GivenUp(1, 2 * 3600 * SECOND_NS)
