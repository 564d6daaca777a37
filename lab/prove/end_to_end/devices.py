"""Routers and power supplies of the end-to-end proof as far as SNMP goes, and its resolver; it answers no ping."""

import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import cast

from lab.faults import ON_BATTERY, ON_MAINS
from lab.prove.end_to_end.cables import Country
from lab.prove.end_to_end.land import CORE, CORE_ADDRESS, SITES
from lab.recording import Moment
from lab.responder import Responder
from lab.stage import COMMUNITY, load_recordings

NAME = "collector.lab"
"""The name that the resolver knows; all else does not exist."""
_OUTPUT_SOURCE = (1, 3, 6, 1, 2, 1, 33, 1, 4, 1, 0)
_OLD_SECONDS = 400_000.0


@dataclass
class Device:
    """What answers at one address."""

    responder: Responder
    name: str
    started: float = field(default_factory=lambda: time.monotonic() - _OLD_SECONDS)
    changes: dict[tuple[int, ...], int] = field(default_factory=dict)
    powered: bool = True

    def answer(self, datagram: bytes) -> bytes | None:
        """The response, or silence."""
        words = {"name": self.name, "place": "lab", "contact": "lab"}
        uptime = time.monotonic() - self.started
        moment = Moment(uptime_seconds=uptime, words=words, changes=dict(self.changes))
        return self.responder.answer(datagram, moment) if self.powered else None


class Resolver:
    """Answers A questions for one name with one address (RFC 1035); while it is ``away`` it is silent."""

    def __init__(self, address: str) -> None:
        self._address = socket.inet_aton(address)
        self.away = False

    def answer(self, datagram: bytes) -> bytes | None:
        """The response, or silence."""
        if self.away or len(datagram) < 12:
            return None
        end = datagram.index(b"\0", 12) + 5
        name = b"".join(bytes([len(part)]) + part.encode() for part in NAME.split(".")) + b"\0"
        known = datagram[12 : end - 4].lower() == name
        wanted = known and datagram[end - 4 : end - 2] == b"\0\1"
        head = datagram[:2] + (b"\x85\x80" if known else b"\x85\x83") + b"\0\1" + (b"\0\1" if wanted else b"\0\0")
        found = b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4" + self._address if wanted else b""
        return head + b"\0\0\0\0" + datagram[12:end] + found


class Devices:
    """All of them, by site."""

    def __init__(self, address: str) -> None:
        """``address``: what the resolver says."""
        recordings = load_recordings()
        router, supply = (Responder(recordings[name], COMMUNITY) for name in ("branch_router", "ups"))
        self.routers = {site.id: Device(router, f"{site.id}-router") for site in SITES}
        self.supplies = {site.id: Device(supply, f"{site.id}-ups") for site in SITES}
        self.resolver = Resolver(address)

    def on_battery(self, site: str, *, battery: bool) -> None:
        """Mains fail, or are back."""
        self.supplies[site].changes[_OUTPUT_SOURCE] = ON_BATTERY if battery else ON_MAINS

    def restart(self, site: str) -> None:
        """Power returned to the router."""
        self.routers[site].started = time.monotonic()


@contextmanager
def open_devices(country: Country, address: str) -> Iterator[Devices]:
    """Serve them all in a thread of our own until the end of the block."""
    devices = Devices(address)
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        places = [(site.id, site.router, 161, devices.routers[site.id].answer) for site in SITES]
        places += [(site.id, site.supply, 161, devices.supplies[site.id].answer) for site in SITES]
        places.append((CORE, CORE_ADDRESS, 53, devices.resolver.answer))
        for room, where, port, answer in places:
            one = stack.enter_context(country.datagram_socket(room, where, port))
            one.settimeout(0)
            selector.register(one, selectors.EVENT_READ, answer)
        ended = threading.Event()
        thread = threading.Thread(target=_serve, args=(selector, ended))
        thread.start()
        stack.callback(thread.join)
        stack.callback(ended.set)
        yield devices


def _serve(selector: selectors.BaseSelector, ended: threading.Event) -> None:
    while not ended.is_set():
        for key, _ in selector.select(0.2):
            one = cast("socket.socket", key.fileobj)
            try:
                datagram, asker = one.recvfrom(65_535)
                answer = key.data(datagram)
                if answer is not None:
                    one.sendto(answer, asker)
            except (OSError, ValueError):
                # An asker that is gone or cut off is no matter of a device's.
                continue
