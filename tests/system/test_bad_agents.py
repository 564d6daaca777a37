"""Agents whose clocks or labels are beyond belief, beside a good one: they cost themselves, and nobody else."""

import http.client
import json
import os
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from shared.wire.codec import encode_batch
from shared.wire.reading import Batch, ClockQuality, Cycle, Lane, Outcome, Reading, Record, Sample
from tests.peers.programs import PYTHON, Program, free_port, get, running, until
from tests.peers.receiver import Receiver, running_scripted, takes_1
from tests.peers.settings_files import TOKEN, collector_file, write

pytestmark = pytest.mark.system

SECOND_NS = 1_000_000_000
IN_2098_NS = 4_050_000_000 * SECOND_NS
CAP = 5_000
FLOOD = int(os.environ.get("PHUSONG_FLOOD", "200000"))
"""Distinct series of one agent; a million by hand."""
IN_ONE_BODY = 40_000


def reading(value: float, wall_ns: int, samples: tuple[Sample, ...] = (), monotonic_ns: int = SECOND_NS) -> Reading:
    told = samples or (Sample("told", value),)
    return Reading("ping", "icmp", "s1", "r1", "router", Outcome.OK, monotonic_ns, wall_ns, 1, told)


def post(port: int, agent: str, sequence: int, *readings: Reading, boot: str = "now") -> dict[str, int]:
    """Deliver one record, of this boot or of another."""
    record = Record(sequence, Cycle(boot, ClockQuality.SYNCHRONISED, readings))
    batch = Batch(agent, "epoch", "now", 2 * SECOND_NS, time.time_ns(), Lane.LIVE, (record,))
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        headers = {"Authorization": f"Bearer {TOKEN.format(agent)}"}
        connection.request("POST", "/api/v1/batches", encode_batch(batch, 1), headers)
        answer = connection.getresponse()
        body = answer.read()
    assert answer.status == 200, body
    told: dict[str, int] = json.loads(body)
    return told


def configured(folder: Path, port: int, **more: object) -> Path:
    file = collector_file(folder, port, ["s1"], ["good", "bad"])
    return write(file, {**yaml.safe_load(file.read_text(encoding="utf-8")), **more})


def collector(folder: Path, file: Path) -> list[str]:
    assert folder.is_dir()
    return [PYTHON, "-m", "collector", "run", "--config", str(file)]


def ready(program: Program, port: int) -> None:
    until("the collector is ready", lambda: get(f"http://127.0.0.1:{port}/readyz"), program)


def counted(port: int, name: str) -> float:
    lines = get(f"http://127.0.0.1:{port}/metrics").splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(name))


def forwarded(store: Receiver) -> int:
    return sum(("__name__", "told") in labels for labels, _, _ in store.stored)


def test_stamps_of_1970_and_2098_are_kept_counted_and_neither_shown_nor_forwarded(tmp_path: Path) -> None:
    port = free_port()
    with running_scripted(takes_1) as store:
        destination = {"name": "store", "url": store.url}
        file = configured(tmp_path, port, forward=[destination])
        with running("collector", collector(tmp_path, file), tmp_path) as program:
            ready(program, port)
            begun = time.time()
            for sequence, wall_ns in enumerate((0, IN_2098_NS, 86_400 * SECOND_NS, -SECOND_NS), 1):
                assert post(port, "bad", sequence, reading(666.0, wall_ns), boot="another")["stored"] == 1
            ahead = reading(666.0, time.time_ns(), monotonic_ns=3_600 * SECOND_NS)
            assert post(port, "bad", 5, ahead)["stored"] == 1
            for sequence in range(1, 6):
                assert post(port, "good", sequence, reading(float(sequence), IN_2098_NS))["stored"] == 1
            until("the good ones are forwarded", lambda: forwarded(store) >= 5, program)
            unplaced = 'phusong_collector_readings_unused_total{reason="unplaced"}'
            until("what has no time is counted", lambda: counted(port, unplaced) == 5, program)
            dead = 'phusong_forward_samples_dead_total{destination="store",reason="implausible_time"}'
            until("and told apart where it is forwarded", lambda: counted(port, dead) >= 5, program)
            page = get(f"http://127.0.0.1:{port}/metrics")
            assert post(port, "bad", 5, ahead)["duplicates"] == 1, "kept in the inbox"

    told = [float(line.split()[-1]) for line in page.splitlines() if line.startswith("told{")]
    assert 5.0 in told
    assert 666.0 not in told
    readings = [(at_ms, value) for labels, at_ms, value in store.stored if ("__name__", "told") in labels]
    assert {value for _, value in readings} == {1.0, 2.0, 3.0, 4.0, 5.0}
    assert [each for each in readings if not begun - 60 < each[0] / 1000 < time.time() + 1] == []


def bodies() -> Iterable[tuple[int, tuple[Sample, ...]]]:
    for number, first in enumerate(range(0, FLOOD, IN_ONE_BODY), 1):
        numbers = range(first, min(FLOOD, first + IN_ONE_BODY))
        yield number, tuple(Sample(f"flood_{n % 7}", 1.0, (("id", f"{n:x}"),)) for n in numbers)


def resident_megabytes(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
