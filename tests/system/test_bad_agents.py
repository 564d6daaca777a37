"""Agents whose clocks or labels are beyond belief, beside a good one: they cost themselves, and nobody else."""

import http.client
import json
import os
import time
from collections.abc import Iterable
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.ports import free_port
from shared.wire.bounds import MOST_SAMPLES
from shared.wire.codec import encode_batch
from shared.wire.reading import Batch, ClockQuality, Cycle, Lane, Outcome, Reading, Record, Sample
from tests.peers.enrolled import BATCHES, Machine, invited, machine
from tests.peers.enrolled import post as send_signed
from tests.peers.programs import PYTHON, Program, get, running, until
from tests.peers.receiver import Receiver, running_scripted, takes_1
from tests.peers.settings_files import TOKEN, collector_file, write

pytestmark = pytest.mark.system

SECOND_NS = 1_000_000_000
IN_2098_NS = 4_050_000_000 * SECOND_NS
CAP = 5_000
FLOOD = 2_500
"""New series of one agent each minute."""
MINUTES = int(os.environ.get("PHUSONG_FLOOD_MINUTES", "120"))
"""Simulated; a day by hand."""


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
    file = collector_file(folder, port, ["s1", "s2"], ["good", "bad"])
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


def flooding(sender: Machine, minute: int) -> Iterable[Reading]:
    """What a broken agent tells in one minute: values of labels that nobody ever had, of old and of new targets."""
    now_ns = (minute + 1) * 60 * SECOND_NS
    texts = (f"{minute * FLOOD + n:0100x}" for n in count())
    for target, number in (("same", FLOOD // 10), (f"new-{minute}", FLOOD - FLOOD // 10)):
        samples = tuple(Sample(f"flood_{n % 7}", 1.0, (("id", next(texts)),)) for n in range(number))
        yield Reading("ping", "icmp", sender.enrolled.site, target, "router", Outcome.OK, now_ns, 0, 1, samples)


def deliver(sender: Machine, minute: int, *readings: Reading) -> tuple[int, dict[str, Any]]:
    """The record of this minute, within a signed batch."""
    sender.sequence += 1
    now_ns = (minute + 1) * 60 * SECOND_NS
    record = Record(sender.sequence, Cycle("now", ClockQuality.SYNCHRONISED, readings))
    sent = Batch(sender.enrolled.agent, sender.epoch, "now", now_ns, time.time_ns(), Lane.LIVE, (record,))
    status, answer, _ = send_signed(sender.port, BATCHES, *sender.signed(sent))
    sender.chain = answer.get("chain") or sender.chain
    return status, answer


def test_an_agent_of_endless_labels_holds_its_share_and_the_good_one_is_served(tmp_path: Path) -> None:
    """Each batch is within what the door lets in; hours of them are not within what one agent may hold."""
    port = free_port()
    more = {"series": {"series_per_agent": CAP}, "enrolment": {"address": f"http://127.0.0.1:{port}"}}
    file = configured(tmp_path, port, **more)
    with running("collector", collector(tmp_path, file), tmp_path) as program:
        ready(program, port)
        good, bad = (machine(port, invited(site, file)) for site in ("s1", "s2"))
        held, sent, waits = [], 0, []
        for minute in range(MINUTES):
            flood = tuple(flooding(bad, minute))
            assert deliver(bad, minute, *flood)[0] == 200, "within the bounds of the door"
            sent += sum(len(each.samples) for each in flood)
            begun = time.monotonic()
            told = reading(float(minute), 0, monotonic_ns=(minute + 1) * 60 * SECOND_NS)
            status, answer = deliver(good, minute, told)
            waits.append(time.monotonic() - begun)
            assert (status, answer["stored"]) == (200, 1)
            held.append(resident_megabytes(program.pid))
        dropped = 'phusong_collector_readings_unused_total{reason="dropped"}'
        most = CAP + MINUTES * FLOOD // 10
        until("what was over its share is counted", lambda: counted(port, dropped) >= sent - most, program)
        page = get(f"http://127.0.0.1:{port}/metrics")
        over = Sample("flood_0", 1.0), *(Sample("flood_0", 1.0, (("id", f"{n}"),)) for n in range(MOST_SAMPLES))
        assert deliver(bad, MINUTES, reading(1.0, 0, over))[0] == 400
        assert counted(port, 'phusong_collector_ingest_rejected_total{reason="malformed"}') == 1
        ready(program, port)

    flooded = [line for line in page.splitlines() if line.startswith("flood_")]
    assert CAP - FLOOD // 10 <= len(flooded) <= CAP
    assert any(line.startswith("told{") and float(line.split()[-1]) == MINUTES - 1 for line in page.splitlines())
    assert max(waits) < 5.0
    assert max(held) < held[2] + 30, f"resident megabytes, minute by minute: {held}"


def resident_megabytes(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
