"""Ten thousand agents come back at once with an hour's backlog: nothing is lost, who is let in is served quickly."""

import multiprocessing
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from collector.ingest.ranges import count
from lab.fleet import name
from lab.prove import Finding, Proof, Trial
from lab.prove.herd_clients import Herd, Score, play
from lab.prove.house import House, open_house

_CYCLES, _READINGS = 120, 60
_PROCESSES = 2
"""Of clients: one alone has not enough file descriptors."""
_WITHIN_SECONDS = 10.0
_P99_SECONDS, _MEMORY_MEGABYTES, _WAVE = 0.5, 1000.0, 3.0
_SETTLED_SECONDS, _BUCKET_SECONDS = 60, 10


def _run(trial: Trial) -> Finding:
    careless = {"ingest": {"wait_seconds": 1e9}} if trial.sabotage else {}
    with open_house(trial.count, careless) as house:
        scores = _play(trial, house)
        lost = _lost(house, trial.count)
        highest = house.highest_megabytes()
    answers = sum((score.answers for score in scores), Counter[str]())
    times = sorted(second for score in scores for second in score.accepted_seconds)
    p99 = times[int(0.99 * (len(times) - 1))]
    wave, wave_at = _wave(sum((score.came for score in scores), Counter[int]()))
    live, lasted = max(s.live_seconds for s in scores), max(s.lasted_seconds for s in scores)
    seen = (
        f"{lost} of {trial.count * _CYCLES:,} cycles lost",
        f"accepted in p50 {times[len(times) // 2] * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms",
        f"collector at most {highest:.0f} MB",
        f"newest states there after {live:.0f} s, all after {lasted:.0f} s",
        f"answers {dict(sorted(answers.items()))}",
        f"busiest {_BUCKET_SECONDS} s after the first minute: {wave:.1f} times the mean, from second {wave_at} on",
    )
    return Finding(trial.count, lost + (p99 > _P99_SECONDS) + (highest > _MEMORY_MEGABYTES) + (wave > _WAVE), seen)


def _play(trial: Trial, house: House) -> list[Score]:
    herds = [
        Herd(
            first,
            _PROCESSES,
            trial.count,
            _CYCLES,
            _READINGS,
            house.port,
            trial.seed,
            min(_WITHIN_SECONDS, trial.count / 100),
        )
        for first in range(_PROCESSES)
    ]
    with ProcessPoolExecutor(_PROCESSES, multiprocessing.get_context("spawn")) as processes:
        return list(processes.map(play, herds))


def _lost(house: House, agents: int) -> int:
    """Cycles that the inbox has not seen, by its own book."""
    seen = house.seen()
    return agents * _CYCLES - sum(count(seen.get(name(number), ())) for number in range(agents))


def _wave(came: Counter[int]) -> tuple[float, int]:
    """Requests in the busiest stretch after the first minute, in means of all after it, and its first second.

    Both 0 where it was over by then.
    """
    late = Counter[int]()
    for second, number in came.items():
        if second >= _SETTLED_SECONDS:
            late[second // _BUCKET_SECONDS] += number
    stretches = max(late, default=0) + 1 - _SETTLED_SECONDS // _BUCKET_SECONDS
    if not late or stretches <= 2:
        return 0.0, 0
    busiest = max(late, key=lambda stretch: late[stretch])
    return late[busiest] * stretches / late.total(), busiest * _BUCKET_SECONDS


PROOF = Proof("herd", "everyone returns at once, with an hour's backlog", 10_599, 600, _run)
