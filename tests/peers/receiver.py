"""A remote-write receiver that reads bodies with the protobuf package and answers what a test says.

No Debian package speaks 2.0 yet, so this one keeps to the words of its specification.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import cramjam

from lab.bench.remote_write_schema import message

Sample = tuple[tuple[tuple[str, str], ...], int, float]
Answer = tuple[int, dict[str, str], str]
Rule = Callable[[int, list[Sample]], Answer]
_V1, _V2 = message("prometheus.WriteRequest"), message("io.prometheus.write.v2.Request")


@dataclass
class Receiver:
    """What came, and what is answered; a body counts as stored where the status is 2xx."""

    rule: Rule
    understands: tuple[int, ...] = (1,)
    """Of a body of another version it reads nothing, as Prometheus 2.42 does."""
    url: str = ""
    stored: list[Sample] = field(default_factory=list)
    requests: list[tuple[int, int]] = field(default_factory=list)
    """Version and number of samples of each request."""
    headers: deque[dict[str, str]] = field(default_factory=lambda: deque(maxlen=1))


def takes_2(version: int, samples: list[Sample]) -> Answer:
    """A server of 2.0."""
    return 204, {"X-Prometheus-Remote-Write-Samples-Written": str(len(samples))} if version == 2 else {}, ""


def takes_1(version: int, samples: list[Sample]) -> Answer:
    """A server that understands 1.0 and says yes to anything."""
    return 204, {}, ""


def read(body: bytes, version: int) -> list[Sample]:
    plain = bytes(cramjam.snappy.decompress_raw(body))
    found: list[Sample] = []
    if version == 1:
        for series in _V1.FromString(plain).timeseries:
            labels = tuple((label.name, label.value) for label in series.labels)
            found += [(labels, sample.timestamp, sample.value) for sample in series.samples]
        return found
    request = _V2.FromString(plain)
    for series in request.timeseries:
        texts = [request.symbols[number] for number in series.labels_refs]
        labels = tuple(zip(texts[::2], texts[1::2], strict=True))
        found += [(labels, sample.timestamp, sample.value) for sample in series.samples]
    return found


@contextmanager
def running_scripted(rule: Rule, understands: tuple[int, ...] = (1,)) -> Iterator[Receiver]:
    """Listens on loopback until the block ends."""
    receiver = Receiver(rule, understands)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet an answer, or each costs a delayed acknowledgement of 40 ms

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.headers.append({name.lower(): value for name, value in self.headers.items()})
            version = 2 if "write.v2" in self.headers["Content-Type"] else 1
            samples = read(body, version) if version in receiver.understands else []
            status, headers, text = receiver.rule(version, samples)
            receiver.requests.append((version, len(samples)))
            if status < 300:
                receiver.stored += samples
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            if status != 204:
                self.wfile.write(text.encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/api/v1/write"
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
