"""Many SNMP agents in one process, answers cached on the bytes of the question: they are never what is measured.

Run as a program it prints its port, serves until its standard input ends, and sends nothing but answers.
"""

import argparse
import selectors
import socket
import sys

from lab.recording import Moment, parse_recording
from lab.responder import Responder

COMMUNITY = "hagiang-2c"
INTERFACES = 48
COLUMNS = tuple(f"1.3.6.1.2.1.31.1.1.1.{arc}" for arc in (6, 7, 8, 9, 10, 11, 12, 13))
"""The eight 64-bit counters of ifXTable."""


def address(number: int) -> str:
    """Where device ``number`` listens."""
    return f"127.1.{number // 250}.{number % 250 + 1}"


def recording(number: int) -> str:
    """A router of 48 interfaces, no two of which have been equally busy, nor as busy as another router's."""
    lines = ["1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.8072.3.2.10", "1.3.6.1.2.1.1.3.0|67|123456"]
    for place, column in enumerate((*COLUMNS, "1.3.6.1.2.1.31.1.1.1.14")):
        scales = (10 ** (3 + (number + place + index) % 12) for index in range(1, INTERFACES + 1))
        lines += [f"{column}.{index}|70|{(place + 1) * scale + index}" for index, scale in enumerate(scales, start=1)]
    return "\n".join(lines)


class Cached:
    """A responder that thinks once about each question."""

    def __init__(self, number: int) -> None:
        self._responder = Responder(parse_recording(recording(number)), COMMUNITY)
        self._known: dict[bytes, tuple[bytes, bytes]] = {}

    def answer(self, question: bytes) -> bytes | None:
        """The answer, with the question's id written into what was cached."""
        start, stop = _id_span(question)
        key = question[:start] + question[stop:]
        found = self._known.get(key)
        if found is None:
            answer = self._responder.answer(question, Moment())
            if answer is None:
                return None
            begin, end = _id_span(answer)
            found = self._known[key] = (answer[:begin], answer[end:])
        return found[0] + question[start:stop] + found[1]


def serve(devices: int) -> None:
    """Answer until standard input ends."""
    waiting = selectors.DefaultSelector()
    port = 0
    for number in range(devices):
        device = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        device.bind((address(number), port))
        port = device.getsockname()[1]
        waiting.register(device, selectors.EVENT_READ, Cached(number))
    waiting.register(sys.stdin, selectors.EVENT_READ)
    print(port, flush=True)
    while True:
        for key, _ in waiting.select():
            if not isinstance(key.fileobj, socket.socket):
                return
            _serve_one(key.fileobj, key.data)


def _serve_one(device: socket.socket, cached: Cached) -> None:
    while True:
        try:
            question, asker = device.recvfrom(65_535)
        except OSError:
            return
        answer = cached.answer(question)
        if answer is not None:
            device.sendto(answer, asker)


def _id_span(message: bytes) -> tuple[int, int]:
    """Where the content of the request id stands."""
    at = _content(message, 0)
    for _ in range(2):  # version, community
        at = _content(message, at) + message[at + 1]
    at = _content(message, _content(message, at))
    return at, at + message[at - 1]


def _content(message: bytes, at: int) -> int:
    size = message[at + 1]
    return at + 2 + (size & 0x7F if size >= 0x80 else 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=193)
    serve(parser.parse_args().devices)
