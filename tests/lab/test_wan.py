"""A link does to packets exactly what its quality says, and the same seed gives the same world."""

import random

from hypothesis import given
from hypothesis import strategies as st

from lab.wan import Link, Quality

MS = 1_000_000


def carried(quality: Quality, packets: int, seed: int = 1, gap_ms: int = 10, size: int = 84) -> list[tuple[int, ...]]:
    link, randomness = Link(quality), random.Random(seed)
    return [link.carry(number * gap_ms * MS, size, randomness) for number in range(packets)]


def test_a_quiet_link_only_delays() -> None:
    assert carried(Quality(delay_seconds=0.02), 3) == [(20 * MS,), (30 * MS,), (40 * MS,)]


def test_a_cut_link_carries_nothing() -> None:
    assert carried(Quality(cut=True), 5) == [()] * 5


@given(seed=st.integers(0, 99), jitter=st.floats(0, 0.2), delay=st.floats(0, 1))
def test_jitter_only_adds_and_never_reorders(seed: int, jitter: float, delay: float) -> None:
    """A queue does not let the later packet out first; else every jittery link would count as reordering."""
    arrivals = carried(Quality(delay_seconds=delay, jitter_seconds=jitter), 40, seed)

    times = [at for (at,) in arrivals]
    assert times == sorted(times)
    assert all(at >= number * 10 * MS + int(delay * 1_000_000_000) for number, at in enumerate(times))


@given(seed=st.integers(0, 9), loss=st.floats(0, 1))
def test_single_losses_come_as_often_as_asked(seed: int, loss: float) -> None:
    lost = sum(not arrival for arrival in carried(Quality(loss=loss), 2000, seed))

    assert abs(lost / 2000 - loss) < 0.06


def test_bursts_have_the_asked_mean_length_and_share() -> None:
    lost = [not arrival for arrival in carried(Quality(burst_begin=0.02, burst_end=0.25), 40_000)]

    runs = [len(run) for run in "".join("x" if one else "." for one in lost).replace(".", " ").split()]
    assert abs(sum(runs) / len(runs) - 4.0) < 0.5
    assert abs(sum(lost) / len(lost) - 0.02 / 0.27) < 0.02


def test_duplicates_arrive_twice() -> None:
    assert carried(Quality(duplicates=1.0), 1) == [(0, 0)]


def test_reordered_packets_overtake_those_that_wait() -> None:
    arrivals = carried(Quality(delay_seconds=0.01, jitter_seconds=0.1, reordering=0.2), 200)

    times = [at for (at,) in arrivals]
    assert times != sorted(times)


def test_a_rate_spaces_packets_and_drops_what_would_wait_too_long() -> None:
    """1,000 bytes at 1 Mbit/s take 8 ms each; the queue holds 20 ms of waiting."""
    quality = Quality(rate_bits_per_second=1_000_000, queue_seconds=0.02)

    assert carried(quality, 5, gap_ms=0, size=1000) == [(8 * MS,), (16 * MS,), (24 * MS,), (), ()]


@given(seed=st.integers(0, 50))
def test_the_same_seed_gives_the_same_deliveries(seed: int) -> None:
    quality = Quality(
        delay_seconds=0.01, jitter_seconds=0.01, loss=0.1, burst_begin=0.1, duplicates=0.1, reordering=0.1
    )

    assert carried(quality, 100, seed) == carried(quality, 100, seed)


def test_a_reset_forgets_what_was_under_way() -> None:
    link, randomness = Link(Quality(rate_bits_per_second=1000.0)), random.Random(1)
    link.carry(0, 1000, randomness)
    link.reset()

    assert link.carry(0, 125, randomness) == (1000 * MS,)
