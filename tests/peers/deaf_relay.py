"""Carries connections to a server on the loopback; answers are lost on the way back as long as it is told so."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class DeafRelay:
    """Where it listens; ``losing`` the answers, the server took what was sent."""

    port: int = 0
    losing: bool = False
    lost: int = 0


@contextmanager
def deaf_relay(port: int) -> Iterator[DeafRelay]:
    """A way to the server at this port; everything is closed when it ends."""
    relay = DeafRelay()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        relay.port = listener.getsockname()[1]
        threads: list[threading.Thread] = []

        def meet(client: socket.socket) -> None:
            with client, socket.create_connection(("127.0.0.1", port), timeout=20) as server:
                forth = threading.Thread(target=_carry, args=(client, server))
                forth.start()
                answer = b"".join(iter(lambda: server.recv(65536), b""))
                if relay.losing:
                    relay.lost += 1
                else:
                    client.sendall(answer)
                with contextlib.suppress(OSError):
                    client.shutdown(socket.SHUT_RDWR)
                forth.join()

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    client.settimeout(20)
                    threads.append(threading.Thread(target=meet, args=(client,)))
                    threads[-1].start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield relay
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for thread in threads:
                thread.join()


def _carry(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
