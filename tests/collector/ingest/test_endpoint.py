"""The door, by real HTTP: each wrong batch gets its status and one clear line, and nothing of it is kept."""

import http.client
import json
import socket
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import msgspec
import pytest

from collector.ingest.inbox import NEW_EPOCHS_AN_HOUR
from lab.ports import free_port
from shared.clock import SystemClock
from shared.wire.codec import MAGIC, VERSION, encode_batch
from shared.wire.reading import Batch, ClockQuality, Cycle, Lane, Outcome, Reading, Record, Sample
from tests.peers.programs import PYTHON, get, running, until
from tests.peers.settings_files import TOKEN, collector_file

READING = Reading("ping", "icmp", "s1", "r1", "router", Outcome.OK, 5, 5, 1, (Sample("probe_success", 1.0),))


def batch(*sequences: int, agent: str = "a", epoch: str = "e") -> bytes:
    records = tuple(Record(n, Cycle("boot", ClockQuality.UNKNOWN, (READING,))) for n in sequences)
    return encode_batch(Batch(agent, epoch, "boot", 10, 10, Lane.LIVE, records))


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder: Path = tmp_path_factory.mktemp("door")
    number = free_port()
    file = collector_file(folder, number, ["s1"], ["a", "b"])
    with running("collector", [PYTHON, "-m", "collector", "run", "--config", str(file)], folder) as program:
        until("the collector is ready", lambda: get(f"http://127.0.0.1:{number}/readyz"), program)
        yield number


def post(
    port: int, body: bytes, agent: str = "a", method: str = "POST", **headers: str
) -> tuple[int, dict[str, object]]:
    told = {"Authorization": f"Bearer {TOKEN.format(agent)}", **{k.replace("_", "-"): v for k, v in headers.items()}}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request(method, "/api/v1/batches", body, told)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


def test_a_batch_is_stored_once(port: int) -> None:
    first = post(port, batch(1, 2, epoch="once"))
    again = post(port, batch(2, 3, epoch="once"))

    assert (first[0], first[1]["stored"], first[1]["duplicates"]) == (200, 2, 0)
    assert (again[0], again[1]["stored"], again[1]["duplicates"]) == (200, 1, 1)


def test_an_unknown_token_is_refused(port: int) -> None:
    status, body = post(port, batch(1), agent="nobody")

    assert (status, body["error"]) == (401, "the token is not that of any agent: look at 'agents' in the settings")
    assert post(port, batch(1), Authorization="Basic x")[0] == 401


def test_a_batch_in_anothers_name_is_refused(port: int) -> None:
    status, body = post(port, batch(1), agent="b")

    assert (status, body["error"]) == (403, "the token is agent b's, the batch says it is 'a''s")


def test_a_refusal_tells_the_time_too(port: int) -> None:
    """A machine whose clock is wrong may be refused for days."""
    before_ns = SystemClock().wall_ns()
    _, body = post(port, b"no batch")

    assert isinstance(body["server_time_ns"], int)
    assert before_ns <= body["server_time_ns"] <= SystemClock().wall_ns()
    assert "challenge" not in body


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b"", 400, "body is not a phusong batch"),
        (b"{}", 400, "body is not a phusong batch"),
        (MAGIC + bytes((VERSION,)) + zlib.compress(b"\xc1"), 400, "batch does not decode: "),
        (MAGIC + bytes((VERSION,)) + zlib.compress(msgspec.msgpack.encode([1, 2])), 400, "batch does not decode: "),
        (batch(1)[:-9], 400, "batch is cut off"),
        (
            MAGIC + bytes((VERSION + 1,)),
            415,
            "batch has format version 2, this collector understands 1: upgrade the collector",
        ),
        (MAGIC + bytes((VERSION,)) + zlib.compress(bytes(50_000_000)), 413, "batch decompresses to more than "),
        (bytes(2_000_000), 413, "a batch of 2000000 bytes is over the limit of 1048576"),
    ],
    ids=["empty", "json", "not msgpack", "not a batch", "cut off", "future", "bomb", "too large"],
)
def test_each_wrong_body_has_its_answer(port: int, body: bytes, status: int, error: str) -> None:
    found, said = post(port, body)

    assert found == status
    assert str(said["error"]).startswith(error)


def test_a_body_without_a_length_is_stopped_at_the_limit(port: int) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        headers = {"Authorization": f"Bearer {TOKEN.format('a')}"}
        chunks = (bytes(65536) for _ in range(17))
        with suppress(BrokenPipeError):  # the answer may come, and the line be closed, before the last chunk went
            connection.request("POST", "/api/v1/batches", chunks, headers, encode_chunked=True)

        assert connection.getresponse().status == 413


def test_another_method_and_another_encoding_are_refused(port: int) -> None:
    assert post(port, b"", method="GET")[0] == 405
    assert post(port, batch(1), Content_Encoding="gzip")[0] == 415


def test_a_sender_that_hangs_up_leaves_nothing_behind(port: int) -> None:
    whole = batch(1, epoch="hangs up")
    with closing(socket.create_connection(("127.0.0.1", port), timeout=10)) as line:
        head = f"POST /api/v1/batches HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN.format('a')}\r\n"
        line.sendall(head.encode() + b"Content-Length: %d\r\n\r\n" % len(whole) + whole[:-5])

    assert post(port, whole)[1]["stored"] == 1


def test_an_agent_that_makes_all_others_wait_is_told_what_to_do(port: int) -> None:
    """New epochs without end: later. Gaps without end: first what lies between."""
    ways = [{"epoch": f"e{n}"} for n in range(NEW_EPOCHS_AN_HOUR + 1)]
    answers = [post(port, batch(1, agent="b", **way), agent="b") for way in ways]
    sparse = [batch(*range(first, first + 2048, 2), agent="b", epoch="e0") for first in range(2, 34_000, 2048)]
    full = [post(port, body, agent="b") for body in sparse]

    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        told = {"Authorization": f"Bearer {TOKEN.format('b')}"}
        connection.request("POST", "/api/v1/batches", batch(1, agent="b", epoch="later"), told)
        assert connection.getresponse().getheader("Retry-After") == "60"
    assert [status for status, _ in answers] == [*[200] * NEW_EPOCHS_AN_HOUR, 429]
    assert str(answers[-1][1]["error"]).endswith("come again later")
    assert [status for status, _ in full][-2:] == [409, 409]
    assert str(full[-1][1]["error"]).endswith("send what lies between them first")
    assert post(port, batch(1, 3, agent="b", epoch="e0"), agent="b")[0] == 200


def test_refusals_are_counted_by_reason(port: int) -> None:
    post(port, batch(1), agent="nobody")
    page = get(f"http://127.0.0.1:{port}/metrics")

    assert 'phusong_collector_ingest_rejected_total{reason="unknown_agent"}' in page


def test_names_of_series_are_asked_for_until_they_are_described(port: int) -> None:
    assert post(port, batch(1, epoch="names"))[1]["metrics_wanted"] is True
