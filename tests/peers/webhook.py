"""Where Alertmanager sends its notifications: a receiver on the loopback that keeps what came."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Webhook:
    """What arrived, in the order in which it did."""

    port: int = 0
    notifications: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Path and alert."""

    def alerts(self, name: str, status: str) -> list[dict[str, Any]]:
        """Alerts of a name that arrived as ``firing`` or ``resolved``."""
        return [a for _, a in list(self.notifications) if a["labels"]["alertname"] == name and a["status"] == status]


@contextmanager
def running_webhook() -> Iterator[Webhook]:
    """A receiver on a free port."""
    webhook = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            webhook.notifications.extend((self.path, alert) for alert in body["alerts"])
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    webhook.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield webhook
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
