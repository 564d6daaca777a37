"""What people on duty hear in the end-to-end proof: a webhook receiver, and questions to programs; no verdict."""

import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Message:
    """One notification of Alertmanager's, which is one message on a telephone."""

    at: float
    """Monotonic seconds."""
    receiver: str
    status: str
    """``firing`` or ``resolved``."""
    alerts: tuple[dict[str, Any], ...]

    @property
    def labels(self) -> dict[str, str]:
        """Of the alert that fires, or of the last one."""
        firing = [alert for alert in self.alerts if alert["status"] == "firing"] or list(self.alerts)
        labels: dict[str, str] = firing[-1]["labels"]
        return labels

    @property
    def name(self) -> str:
        """The ``alertname``."""
        return self.labels["alertname"]

    def words(self) -> str:
        """In one line."""
        keys = ("severity", "scope", "trouble", "cause", "site", "hub", "provider", "power_area", "agent")
        said = ", ".join(self.labels[key] for key in keys if key in self.labels)
        return f"{self.receiver} {self.status} {self.name} ({said})"

    def text(self) -> str:
        """All that stands in it."""
        return " ".join(str(text) for alert in self.alerts for text in alert["annotations"].values())


@dataclass
class Ear:
    """Keeps what came to people; the watchdog and the trial are none of theirs."""

    port: int = 0
    heard: list[Message] = field(default_factory=list)

    def since(self, at: float) -> list[Message]:
        """What came after a moment."""
        return [message for message in list(self.heard) if message.at >= at]


@contextmanager
def open_ear(*, deaf: bool = False) -> Iterator[Ear]:
    """Listens on the loopback of our namespace; ``deaf``: all that is told is lost on it."""
    ear = Ear()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            receiver = self.path.strip("/")
            if receiver != "watchdog" and not deaf:
                ear.heard.append(Message(time.monotonic(), receiver, said["status"], tuple(said["alerts"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    ear.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
    thread.start()
    try:
        yield ear
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ask(port: int, path: str) -> Any:
    """JSON of a program of ours; None where it does not answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return json.load(answer)
    except (OSError, ValueError):
        return None


def answers(port: int, path: str) -> bool:
    """Whether it says 200."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
