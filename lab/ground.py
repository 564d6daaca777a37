"""Where the sites stand: behind a TUN device, or on loopback where the machine allows no more; it decides no fault."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from typing import cast

from lab import tunnel
from lab.faults import Conditions
from lab.network import LAN, Network, Place, Steered
from lab.province import LabSite
from lab.responder import Responder
from lab.router import Router
from lab.stage import COMMUNITY, Stage, load_recordings, words
from lab.wan import Link

_SECOND_NS = 1_000_000_000
_GATE, _MASK = "10.255.255.254", "255.0.0.0"
_OLDEST_SECONDS = 3_000_000
"""Most devices have run for weeks when the demo begins."""


class Ground:
    """All sites, steered by their conditions."""

    def __init__(self, steered: Mapping[str, tuple[Steered, ...]]) -> None:
        self._steered = steered

    def follow(self, site: LabSite, conditions: Conditions) -> None:
        """Let the site be like this from now on."""
        for one in self._steered[site.id]:
            one.follow(conditions, time.monotonic_ns())


class _Devices:
    """Makes the devices of a site, each with an age of its own."""

    def __init__(self, stage: Stage) -> None:
        recordings = load_recordings()
        self._responders = {name: Responder(recording, COMMUNITY) for name, recording in recordings.items()}
        self._randomness = random.Random(f"{stage.seed} devices")

    def router(self, site: LabSite) -> Router:
        return self._device(site, site.model)

    def power_supply(self, site: LabSite) -> Router:
        return self._device(site, "ups")

    def _device(self, site: LabSite, recording: str) -> Router:
        age_ns = self._randomness.randrange(_OLDEST_SECONDS) * _SECOND_NS
        responder = self._responders[recording]
        return Router(responder, words(site, recording), site.busyness, time.monotonic_ns() - age_ns)


@contextmanager
def open_tunnel_ground(stage: Stage) -> Iterator[Ground]:
    """Behind a TUN device in the present network namespace; raises OSError where that may not be."""
    network = Network(random.Random(stage.seed))
    devices = _Devices(stage)
    steered: dict[str, tuple[Steered, ...]] = {}
    for site in stage.sites:
        router = devices.router(site)
        places = [network.place(site.address, router, site.quality)]
        network.place_on_lan(site.lan_address, router)
        if site.has_ups:
            places.append(network.place(site.ups_address, devices.power_supply(site), site.quality))
        steered[site.id] = tuple(map(Steered, places))
    tunnel.raise_loopback()
    with tunnel.open_tun(_GATE, _MASK) as device, tunnel.open_tunnel(device, network.answer):
        yield Ground(steered)


@asynccontextmanager
async def open_loopback_ground(stage: Stage, port: int) -> AsyncIterator[Ground]:
    """On addresses of 127.0.0.0/8 and one port: SNMP only; silence is the outage (the kernel answers all echoes)."""
    devices = _Devices(stage)
    randomness = random.Random(stage.seed)
    loop = asyncio.get_running_loop()
    steered: dict[str, tuple[Steered, ...]] = {}
    transports: list[asyncio.BaseTransport] = []
    try:
        for site in stage.sites:
            router = devices.router(site)
            places = {site.address: Place(router, Link(site.quality), Link(site.quality))}
            if site.has_ups:
                supply = devices.power_supply(site)
                places[site.ups_address] = Place(supply, Link(site.quality), Link(site.quality))
            steered[site.id] = tuple(map(Steered, places.values()))
            places[site.lan_address] = Place(router, Link(LAN), Link(LAN))
            for address, place in places.items():
                where = (on_loopback(address), port)
                made = await loop.create_datagram_endpoint(partial(_Endpoint, place, randomness), local_addr=where)
                transports.append(made[0])
        yield Ground(steered)
    finally:
        for transport in transports:
            transport.close()


def on_loopback(address: str) -> str:
    """The address in 127.0.0.0/8 that stands for one in 10.0.0.0/8."""
    return "127." + address.partition(".")[2]


class _Endpoint(asyncio.DatagramProtocol):
    """SNMP of one device at one address."""

    def __init__(self, place: Place, randomness: random.Random) -> None:
        self._place = place
        self._randomness = randomness
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Python 3.11's own class does not say that it is a DatagramTransport.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        now_ns = time.monotonic_ns()
        router = self._place.router
        for there_ns in self._place.there.carry(now_ns, len(data), self._randomness):
            answer = router.responder.answer(data, router.moment(there_ns)) if router.forwarding else None
            for back_ns in self._place.back.carry(there_ns, len(answer), self._randomness) if answer else ():
                wait_seconds = (back_ns - now_ns) / _SECOND_NS
                asyncio.get_running_loop().call_later(wait_seconds, self._send, answer, addr)

    def error_received(self, exc: Exception) -> None:
        """An asker that is gone is no matter of a device's."""

    def _send(self, answer: bytes | None, addr: tuple[str, int]) -> None:
        if self._transport is not None and answer is not None:
            with suppress(OSError):
                self._transport.sendto(answer, addr)
