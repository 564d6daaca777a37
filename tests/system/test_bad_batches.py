"""What a collector answers to bodies that are no batch: a status, one line, a count; and it goes on."""

import json
import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from lab.ports import free_port
from shared.wire.codec import MAGIC, VERSION, encode_batch
from shared.wire.reading import Batch, ClockQuality, Cycle, Lane, Record
from tests.peers.programs import PYTHON, get, running, until
from tests.peers.settings_files import TOKEN, collector_file

pytestmark = pytest.mark.system


def batch(agent: str = "a", sequence: int = 1) -> bytes:
    record = Record(sequence, Cycle("boot", ClockQuality.SYNCHRONISED, ()))
    return encode_batch(Batch(agent, "epoch", "boot", 1, 1, Lane.LIVE, (record,)))


def answer(url: str, body: bytes, token: str) -> tuple[int, str]:
    """Status and the error's text."""
    headers = {"Authorization": f"Bearer {token}"}
    asking = urllib.request.Request(f"{url}/api/v1/batches", data=body, headers=headers)  # noqa: S310 - our own
    try:
        with urllib.request.urlopen(asking, timeout=10) as reply:  # noqa: S310 - our own collector
            return reply.status, ""
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())["error"]


def cut_off(port: int, token: str) -> None:
    """Say that more comes than does, and hang up."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        head = (
            f"POST /api/v1/batches HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: 1000\r\n\r\n"
        )
        line.sendall(head.encode() + MAGIC)


def test_a_body_that_is_no_batch_is_refused_counted_and_forgotten(tmp_path: Path) -> None:
    port = free_port()
    url, token = f"http://127.0.0.1:{port}", TOKEN.format("a")
    file = collector_file(tmp_path, port, ["province"], ["a"])
    future = MAGIC + bytes((VERSION + 1,)) + batch()[4:]
    with running("collector", [PYTHON, "-m", "collector", "run", "--config", str(file)], tmp_path) as program:
        until("the collector is ready", lambda: get(f"{url}/readyz"), program)
        found = {
            "too_large": answer(url, bytes(1024 * 1024 + 1), token),
            "malformed": answer(url, b"not a batch", token),
            "half": answer(url, batch()[:-5], token),
            "future_version": answer(url, future, token),
            "unknown_agent": answer(url, batch(), "nobody's"),
            "foreign_agent": answer(url, batch("b"), token),
        }
        cut_off(port, token)
        counted = 'phusong_collector_ingest_rejected_total{reason="malformed"} 3.0'
        until("the hang-up is counted", lambda: counted in get(f"{url}/metrics"), program)
        good = answer(url, batch(), token)
        page = get(f"{url}/metrics")

    status = {name: code for name, (code, _) in found.items()}
    assert status == {
        "too_large": 413,
        "malformed": 400,
        "half": 400,
        "future_version": 415,
        "unknown_agent": 401,
        "foreign_agent": 403,
    }
    assert all(text and "\n" not in text for _, text in found.values())
    for reason in ("too_large", "future_version", "unknown_agent", "foreign_agent"):
        assert f'phusong_collector_ingest_rejected_total{{reason="{reason}"}} 1.0' in page
    assert good == (200, "")
    assert "Traceback" not in program.said()
