"""A collector that boots in 1970 or 2098: it takes what comes, forwards and forgets nothing, and heals by itself."""

import http.client
import json
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import yaml

from lab.ports import free_port
from shared.wire.codec import CONTENT_TYPE, encode_batch
from shared.wire.reading import Batch, ClockQuality, Cycle, Lane, Outcome, Reading, Record, Sample
from tests.peers.bad_clock import Machine
from tests.peers.presence import require
from tests.peers.programs import PYTHON, Program, get, running, until
from tests.peers.receiver import Receiver, running_scripted, takes_1
from tests.peers.settings_files import TOKEN, collector_file

pytestmark = pytest.mark.system

SECOND_NS = 1_000_000_000
WOKEN = {"1970": 12 * SECOND_NS, "2098": 4_039_372_800 * SECOND_NS}


def post(port: int, sequence: int) -> dict[str, object]:
    """A batch of one ping, measured a second ago; the acknowledgement."""
    now_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    samples = (Sample("probe_success", float(sequence)),)
    times = (now_ns - SECOND_NS, time.time_ns() - SECOND_NS, 1)
    reading = Reading("ping", "icmp", "s1", "r1", "router", Outcome.OK, *times, samples)
    record = Record(sequence, Cycle("boot", ClockQuality.UNKNOWN, (reading,)))
    body = encode_batch(Batch("a", "e", "boot", now_ns, time.time_ns(), Lane.LIVE, (record,)))
    told = {"Authorization": f"Bearer {TOKEN.format('a')}", "Content-Type": CONTENT_TYPE}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("POST", "/api/v1/batches", body, told)
        answer = connection.getresponse()
        assert answer.status == 200
        return dict(json.loads(answer.read()))


def ready(port: int) -> str:
    """What /readyz says."""
    try:
        return get(f"http://127.0.0.1:{port}/readyz").strip()
    except urllib.error.HTTPError as refused:
        return refused.read().decode().strip()


def shown(port: int, metric: str) -> str:
    page = get(f"http://127.0.0.1:{port}/metrics")
    return next(line.split()[-1] for line in page.splitlines() if line.startswith(metric))


@contextmanager
def collecting(machine: Machine, file: Path) -> Iterator[Program]:
    command = [PYTHON, "-m", "collector", "run", "--config", str(file)]
    with running("collector", command, file.parent, machine.environment()) as program:
        yield program
        assert program.end() == 0


def stamps(folder: Path) -> list[float]:
    """When each batch came, in seconds before now."""
    with closing(sqlite3.connect(f"file:{folder / 'state' / 'inbox.sqlite'}?mode=ro", uri=True)) as database:
        rows = database.execute("SELECT received_wall_ns FROM parcel ORDER BY number").fetchall()
    return [(time.time_ns() - stamp_ns) / SECOND_NS for (stamp_ns,) in rows]


def forwarded(receiver: Receiver) -> dict[float, int]:
    """When each value was measured; without what the courier sends of its own."""
    return {value: at_ms for labels, at_ms, value in receiver.stored if ("instance", "r1") in labels}


@pytest.mark.parametrize("woken", WOKEN)
def test_a_collector_whose_clock_cannot_be_right_forwards_nothing_and_heals(tmp_path: Path, woken: str) -> None:
    require("faketime", "faketime")
    port, machine = free_port(), Machine(tmp_path)
    with running_scripted(takes_1) as receiver:
        file = collector_file(tmp_path, port, ["s1"], ["a"])
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        content["forward"] = [{"name": "store", "url": receiver.url, "protocol": "1.0"}]
        file.write_text(yaml.safe_dump(content), encoding="utf-8")
        machine.set_clock(time.time_ns())
        with collecting(machine, file) as program:
            until("the collector is ready", lambda: ready(port) == "ok", program)
            told = post(port, 1)["server_time_ns"]
            until("it is forwarded", lambda: 1.0 in forwarded(receiver), program)
            until("the cursor is on disk", lambda: shown(port, "phusong_forward_pending_parcels") == "0.0", program)
        assert isinstance(told, int)
        assert abs(told - time.time_ns()) < 60 * SECOND_NS
        machine.set_clock(WOKEN[woken])
        with collecting(machine, file) as program:
            why = "the collector's clock shows a time at which this release cannot run"
            until("it says what is wrong", lambda: ready(port) == why, program)
            before = len(receiver.requests)
            assert shown(port, "phusong_collector_clock_doubtful") == "1.0"
            assert [post(port, number)["server_time_ns"] for number in (2, 3)] == [0, 0]
            until("both wait", lambda: shown(port, "phusong_forward_pending_parcels") == "2.0", program, seconds=30)
            assert len(receiver.requests) == before
            machine.set_clock(time.time_ns())
            until("it is ready again", lambda: ready(port) == "ok", program, seconds=30)
            until("all is forwarded", lambda: {2.0, 3.0} <= forwarded(receiver).keys(), program)
            assert shown(port, "phusong_collector_clock_doubtful") == "0.0"
            post(port, 4)
    assert all(-5 < age < 120 for age in stamps(tmp_path)), "stamped as if the clock had been right"
    now_ms = time.time_ns() // 1_000_000
    assert all(now_ms - 120_000 < at_ms <= now_ms + 5000 for at_ms in forwarded(receiver).values())
    assert "Traceback" not in (tmp_path / "collector.log").read_text(encoding="utf-8")
