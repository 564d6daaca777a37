"""A proxy whose answer to CONNECT comes byte by byte, each in time, the whole much later; then it carries."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_ANSWER = b"HTTP/1.1 200 Connection established\r\n\r\n"


@dataclass
class SlowProxy:
    """Where it listens, and what came to the server behind it."""

    port: int = 0
    carried: bytearray = field(default_factory=bytearray)
    left: threading.Event = field(default_factory=threading.Event)
    """The client went before it had the whole answer."""
    opened: threading.Event = field(default_factory=threading.Event)
    """The client had it."""

    def meet(self, client: socket.socket, pause_seconds: float) -> None:
        with client, contextlib.suppress(OSError):
            client.recv(65536)
            client.settimeout(pause_seconds)
            for letter in _ANSWER:
                with contextlib.suppress(TimeoutError):
                    if not client.recv(1):
                        self.left.set()
                        return
                client.sendall(bytes([letter]))
            self.opened.set()
            client.settimeout(10)
            while data := client.recv(65536):
                self.carried += data


@contextmanager
def slow_proxy(pause_seconds: float) -> Iterator[SlowProxy]:
    """Nobody is behind it."""
    proxy = SlowProxy()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy.port = listener.getsockname()[1]
        threads: list[threading.Thread] = []

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    threads.append(threading.Thread(target=proxy.meet, args=(listener.accept()[0], pause_seconds)))
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
