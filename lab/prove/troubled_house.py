"""A collector in this process with agents that go on sending and a store that counts; it judges nothing."""

import asyncio
import logging
import random
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml
from cramjam import snappy

from collector.settings import CollectorSettings, load_collector_settings
from lab.bench.remote_write_schema import message
from lab.fleet import name, token, write_settings
from shared.clock import SystemClock
from shared.logs import logger
from shared.wire.bounds import WORDS_CHARACTERS
from shared.wire.codec import encode_batch
from shared.wire.reading import Batch, ClockQuality, Cycle, Lane, Outcome, Reading, Record, Sample

AGENTS = 3
RESERVE_MEGABYTES = 24
BATCHES = "/api/v1/batches"
_EPOCH = "e1"
_WRITE, _HOOK = "/write", "/hook"


class ShiftedClock(SystemClock):
    """The host's, and so much later."""

    later_ns = 0

    def monotonic_ns(self) -> int:
        """See :class:`shared.clock.Clock`."""
        return super().monotonic_ns() + self.later_ns

    def wall_ns(self) -> int:
        """See :class:`shared.clock.Clock`."""
        return super().wall_ns() + self.later_ns


@dataclass
class Store:
    """A destination of remote write that may be away, and a webhook."""

    port: int = 0
    away: bool = False
    values: Counter[tuple[str, int]] = field(default_factory=Counter)
    """Agent and sequence of each record whose sample came."""


@contextmanager
def open_store() -> Iterator[Store]:
    """Listen on the loopback."""
    store, plain = Store(), message("prometheus.WriteRequest")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == _WRITE and not store.away:
                for series in plain.FromString(bytes(snappy.decompress_raw(body))).timeseries:
                    labels = {label.name: label.value for label in series.labels}
                    if labels["__name__"] == "x":
                        store.values.update((labels["probe"], int(sample.value)) for sample in series.samples)
            self.send_response(503 if self.path == _WRITE and store.away else 204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    store.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield store
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Sender:
    """One agent: it keeps what was not acknowledged and sends it again."""

    number: int
    made: list[tuple[int, ...]] = field(default_factory=list)
    """Sequences of each batch."""
    waiting: dict[int, tuple[tuple[int, ...], int]] = field(default_factory=dict)
    """By the first sequence: all of them, and how much they weigh."""
    acknowledged: set[int] = field(default_factory=set)
    answers: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    """Answers that an agent must never get."""

    @property
    def name(self) -> str:
        """As the collector knows it."""
        return name(self.number)

    def measure(self, dice: random.Random, most_bytes: int) -> None:
        """Make a batch of a few records, each of which holds its own number."""
        first = self.made[-1][-1] + 1 if self.made else 1
        sequences = tuple(range(first, first + dice.randint(1, 3)))
        self.made.append(sequences)
        self.waiting[first] = (sequences, dice.randrange(200, most_bytes))

    async def send(
        self, app: Any, clock: SystemClock, dice: random.Random, *, heard: bool = True, newest: bool = False
    ) -> int:
        """Send one of those that wait; the answer may get lost, and is told here."""
        if not self.waiting:
            return 0
        first = dice.choice([max(self.waiting) if newest else min(self.waiting), max(self.waiting)])
        sequences, weight = self.waiting[first]
        body = _body(self.name, sequences, weight, clock)
        headers = {"authorization": f"Bearer {token(self.number)}", "content-length": str(len(body))}
        status, told, said = await ask(app, "POST", BATCHES, headers, body)
        self.answers[status] += 1
        if status not in {200, 503} or (status == 503 and not told.get("retry-after")):
            self.wrong.append(f"{status} {said[:80]!r}")
        if status == 200 and heard:
            self.acknowledged.update(sequences)
            del self.waiting[first]
        return status


def _body(agent: str, sequences: tuple[int, ...], weight: int, clock: SystemClock) -> bytes:
    wall_ns, monotonic_ns = clock.wall_ns(), clock.monotonic_ns()
    noise = random.Random(sequences[0]).randbytes(weight // len(sequences)).hex()
    padding = tuple(noise[start : start + WORDS_CHARACTERS] for start in range(0, len(noise), WORDS_CHARACTERS))

    def reading(reason: str, *samples: Sample) -> Reading:
        what = ("page", "http", agent, "portal", "portal", Outcome.ERROR, monotonic_ns, wall_ns, 1)
        return Reading(*what, samples=samples, reason=reason)

    records = tuple(
        Record(
            number,
            Cycle(
                "boot",
                ClockQuality.SYNCHRONISED,
                (*(reading(each) for each in padding), reading("", Sample("x", float(number)))),
            ),
        )
        for number in sequences
    )
    return encode_batch(Batch(agent, _EPOCH, "boot", monotonic_ns, wall_ns, Lane.LIVE, records))


async def ask(
    app: Any, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the collector's answer, without a socket."""
    pairs = [(key.encode(), value.encode("latin-1")) for key, value in headers.items()]
    query = {"query_string": b"", "raw_path": path.encode(), "root_path": "", "scheme": "https", "http_version": "1.1"}
    address = {"client": ("127.0.0.1", 1), "server": ("collector.example", 443)}
    scope = {"type": "http", "method": method, "path": path, "headers": pairs, **query, **address}
    sent: list[dict[str, Any]] = []
    left = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if not left:
            await asyncio.Event().wait()  # whoever asks stays until the answer is there
        return left.pop()

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    told = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in sent[0]["headers"]}
    return sent[0]["status"], told, b"".join(each.get("body", b"") for each in sent[1:])


def settings_of(folder: Path, state: Path, store: Store) -> CollectorSettings:
    """A collector that knows the agents and forwards to the store, with its state elsewhere."""
    path = write_settings(folder, AGENTS, 8080)
    said = yaml.safe_load(path.read_text(encoding="utf-8"))
    away = f"http://127.0.0.1:{store.port}"
    said |= {
        "state": str(state),
        "evaluate_seconds": 0.2,
        "retention": {"disk_reserve_megabytes": RESERVE_MEGABYTES, "backups": 2},
        "forward": [
            {
                "name": "store",
                "url": away + _WRITE,
                "protocol": "1.0",
                "retry_first_seconds": 0.02,
                "retry_cap_seconds": 0.05,
            }
        ],
        "notify": {"channels": [{"kind": "webhook", "name": "sms", "url": away + _HOOK, "secret": "of the proof"}]},
    }
    path.write_text(yaml.safe_dump(said), encoding="utf-8")
    return load_collector_settings(path)


def quiet() -> logging.Logger:
    """A log that nobody reads."""
    log = logger("phusong.prove")
    log.disabled = True
    return log
