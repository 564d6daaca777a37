"""Real stores: an outage arrives whole, a poisoned sample costs itself, whoever was down or killed catches up."""

import sqlite3
import time
import urllib.request
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import yaml

from lab.ports import free_port
from shared.wire.codec import encode_batch
from tests.peers.outage import NAME, SECOND_NS, TYPE, batch, outage, reading
from tests.peers.programs import PYTHON, Program, get, running, until
from tests.peers.settings_files import TOKEN, collector_file
from tests.peers.stores import flush, held, running_receiver, running_victoria

CYCLES, PERIOD, TARGETS = 120, 30.0, 3


def settings(folder: Path, port: int, *destinations: dict[str, object]) -> Path:
    path = collector_file(folder, port, ["province"], ["a1"])
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["forward"] = [{"retry_first_seconds": 0.1, "retry_cap_seconds": 0.2, **each} for each in destinations]
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def collector(path: Path, port: int) -> AbstractContextManager[Program]:
    return running(f"collector-{port}", [PYTHON, "-m", "collector", "run", "--config", str(path)], path.parent)


def ready(program: Program, port: int) -> None:
    until("the collector is ready", lambda: get(f"http://127.0.0.1:{port}/readyz"), program)


def post(port: int, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {TOKEN.format('a1')}", "Content-Type": TYPE}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/v1/batches", body, headers)
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - our own program
        assert answer.status == 200


def metric(port: int, name: str, **labels: str) -> float:
    """Sum over the series of the collector's own page that carry the labels; -1 where there is none."""
    wanted = [f'{key}="{value}"' for key, value in labels.items()]
    lines = [line for line in get(f"http://127.0.0.1:{port}/metrics").splitlines() if line.startswith(f"{name}{{")]
    found = [float(line.rpartition(" ")[2]) for line in lines if all(each in line for each in wanted)]
    return sum(found) if found else -1


def arrived(url: str, now_ns: int) -> list[int]:
    """Number of samples of each target's round-trip time in the hour of the outage."""
    now = now_ns / SECOND_NS
    found = held(url, f'{NAME}{{job="phusong-forward"}}', now - CYCLES * PERIOD - 60, now)
    return sorted(len(set(stamps)) for stamps in found.values())


def test_an_hour_without_a_link_is_whole_in_both_stores_after_a_kill_and_a_late_start(tmp_path: Path) -> None:
    """The agent returns with an hour; the collector is killed in between; one store is not even there yet."""
    port, late_port = free_port(), free_port()
    now_ns = time.time_ns()
    bodies = list(outage("a1", cycles=CYCLES, period=PERIOD, targets=TARGETS, now_ns=now_ns))
    whole = [CYCLES] * TARGETS
    with running_receiver(tmp_path / "p") as (prometheus, first), running_victoria(tmp_path / "v") as (_, victoria):
        path = settings(
            tmp_path,
            port,
            {"name": "prometheus", "url": f"{first}/api/v1/write"},
            {"name": "victoria", "url": f"{victoria}/api/v1/write"},
            {"name": "late", "url": f"http://127.0.0.1:{late_port}/api/v1/write"},
        )
        with collector(path, port) as program:
            ready(program, port)
            for body in bodies[:6]:
                post(port, body)
            until("something went", lambda: metric(port, "phusong_forward_samples_sent_total") > 0, program)
            program.kill()
        with collector(path, port) as program:
            ready(program, port)
            for body in bodies:
                post(port, body)
            until("prometheus has the hour", lambda: arrived(first, now_ns) == whole, program, prometheus)
            until("victoria has it", lambda: flush(victoria) or arrived(victoria, now_ns) == whole, program)
            assert metric(port, "phusong_forward_pending_parcels", destination="late") > 0
            with running_receiver(tmp_path / "late", port=late_port) as (third, url):
                until("the late one caught up", lambda: arrived(url, now_ns) == whole, program, third)
            assert metric(port, "phusong_forward_samples_dead_total") == 0
            assert metric(port, "phusong_forward_protocol_version", destination="prometheus") == 1
            assert program.end() == 0


def test_a_poisoned_sample_costs_itself_and_nobody_else(tmp_path: Path) -> None:
    """31 days old ("too old sample", a 500), 40 days ahead, and another value at a stamp that is taken."""
    port, now_ns = free_port(), time.time_ns()
    poisoned = {
        1: [reading("good1", 60, now_ns, 1.0), reading("stale", 31 * 86400, now_ns, 2.0)],
        2: [reading("good2", 60, now_ns, 3.0)],
        3: [reading("ahead", -40 * 86400, now_ns, 4.0), reading("good3", 50, now_ns, 5.0)],
        4: [reading("good1", 60, now_ns, 9.0), reading("good4", 50, now_ns, 6.0)],
    }
    with running_receiver(tmp_path / "p") as (prometheus, url):
        path = settings(tmp_path, port, {"name": "p", "url": f"{url}/api/v1/write"})
        with collector(path, port) as program:
            ready(program, port)
            post(port, encode_batch(batch("a1", poisoned, now_ns)))
            reasons = {"too_old": 2, "implausible_time": 2, "duplicate": 1}

            def dead() -> bool:
                return {r: metric(port, "phusong_forward_samples_dead_total", reason=r) for r in reasons} == reasons

            until("what is refused is put aside", dead, program, prometheus)
            found = held(url, NAME, now_ns / SECOND_NS - 3600, now_ns / SECOND_NS)
    assert sorted(dict(labels)["instance"] for labels in found) == ["good1", "good2", "good3", "good4"]
    with sqlite3.connect(tmp_path / "state" / "forward.sqlite") as file:
        kept = file.execute(
            "SELECT reason, at_ms, series FROM dead_letter WHERE series LIKE '%instance=stale%'"
        ).fetchall()
    file.close()
    assert [reason for reason, _, _ in kept] == ["too_old"] * 2


@pytest.mark.parametrize(("window", "refused"), [("", 1), ("30d", 0)])
def test_a_store_that_would_refuse_an_outage_is_named_at_the_start(tmp_path: Path, window: str, refused: int) -> None:
    port = free_port()
    with running_receiver(tmp_path / "p", window=window) as (_, url):
        path = settings(tmp_path, port, {"name": "p", "url": f"{url}/api/v1/write"})
        with collector(path, port) as program:
            ready(program, port)
            until("it was tried", lambda: metric(port, "phusong_forward_late_samples_refused") == refused, program)
            assert program.said().count("out_of_order_time_window") == refused
