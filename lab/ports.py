"""Ports for programs that are about to be started, of those that the kernel gives to nobody; it keeps none."""

import random
import socket

_FIRST, _BEYOND = 12_000, 32_000
"""Below the kernel's own (``ip_local_port_range``): such a one may be a client's when its program begins to listen."""
_TRIES = 200


def free_port(address: str = "127.0.0.1", kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port of a local address on which nobody listens now; raises OSError where none is found."""
    for port in random.SystemRandom().sample(range(_FIRST, _BEYOND), _TRIES):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind((address, port))
            except OSError:
                continue
            return port
    raise OSError(f"no port of {address} is free")
