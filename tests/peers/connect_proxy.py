"""A small HTTP proxy with a password; it counts, and remembers the bytes that went to the server."""

import base64
import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_USER = "user:p@ss word"
CREDENTIALS = "user:p%40ss%20word"
"""As they stand in a URL."""


@dataclass
class ConnectProxy:
    """Where it listens, and what came."""

    port: int = 0
    asked: list[str] = field(default_factory=list)
    refused: int = 0
    carried: bytearray = field(default_factory=bytearray)
    ways: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Where it leads somewhere else than it was asked to."""

    @property
    def url(self) -> str:
        return f"http://{CREDENTIALS}@127.0.0.1:{self.port}"

    def meet(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), client:
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(4096) or (_ for _ in ()).throw(OSError())
            first, *lines = head.decode("latin-1").split("\r\n")
            wanted = f"proxy-authorization: basic {base64.b64encode(_USER.encode()).decode()}"
            if wanted.lower() not in [line.lower() for line in lines]:
                self.refused += 1
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                return
            method, target, _ = first.split(" ")
            self.asked.append(f"{method} {target}")
            if method != "CONNECT":
                self._relay(client, method, target, head.partition(b"\r\n")[2])
                return
            host, _, port = target.rpartition(":")
            way = self.ways.get(target, (host, int(port)))
            with socket.create_connection(way, timeout=10) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=_carry, args=(server, client, bytearray()))
                back.start()
                _carry(client, server, self.carried)
                back.join()

    def _relay(self, client: socket.socket, method: str, target: str, rest: bytes) -> None:
        """A request with a whole address goes on to that server, its password taken out (RFC 9112, 3.2.2)."""
        parts = urlsplit(target)
        head, _, body = rest.partition(b"\r\n\r\n")
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"proxy-authorization:")]
        begun = b"\r\n".join([f"{method} {parts.path} HTTP/1.1".encode(), *lines]) + b"\r\n\r\n" + body
        with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=10) as server:
            self.carried += begun
            server.sendall(begun)
            back = threading.Thread(target=_carry, args=(server, client, bytearray()))
            back.start()
            _carry(client, server, self.carried)
            back.join()


def _carry(source: socket.socket, sink: socket.socket, seen: bytearray) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            seen += data
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def connect_proxy() -> Iterator[ConnectProxy]:
    """A proxy on a free port of the loopback."""
    proxy = ConnectProxy()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy.port = listener.getsockname()[1]
        threads: list[threading.Thread] = []

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    client.settimeout(20)
                    threads.append(threading.Thread(target=proxy.meet, args=(client,)))
                    threads[-1].start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield proxy
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for thread in threads:
                thread.join()
