"""The province's network: which router stands behind which address and over which link; it opens nothing."""

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lab import packets
from lab.faults import Conditions
from lab.router import Router
from lab.wan import Link, Quality, Randomness

LAN = Quality(delay_seconds=0.00015, jitter_seconds=0.00002)


@dataclass(slots=True)
class Place:
    """A router as it is reached at one address: over a link there and a link back."""

    router: Router
    there: Link
    back: Link


class Network:
    """Carries each packet to its router and the answer back, by the clock of whoever asks."""

    def __init__(self, randomness: Randomness) -> None:
        self._randomness = randomness
        self._places: dict[bytes, Place] = {}
        self.carried = 0
        self.dropped = 0

    def place(self, address: str, router: Router, quality: Quality) -> Place:
        """Put a router behind an address; two addresses may lead to one router."""
        place = Place(router, Link(quality), Link(quality))
        self._places[ipaddress.IPv4Address(address).packed] = place
        return place

    def place_on_lan(self, address: str, router: Router) -> Place:
        """Put a router behind the address that its own office uses."""
        return self.place(address, router, LAN)

    def answer(self, packet: bytes, at_ns: int) -> Iterable[tuple[int, bytes]]:
        """What comes back for a packet sent at ``at_ns``, and when: the answer of a tunnel."""
        found = packets.parse(packet)
        place = self._places.get(found.destination) if found is not None else None
        if found is None or place is None:
            self.dropped += 1
            return ()
        self.carried += 1
        return self._round_trips(place, found, at_ns)

    def _round_trips(self, place: Place, packet: packets.IpPacket, at_ns: int) -> Iterator[tuple[int, bytes]]:
        for there_ns in place.there.carry(at_ns, len(packet.raw), self._randomness):
            answer = place.router.answer(packet, there_ns)
            if answer is not None:
                for back_ns in place.back.carry(there_ns, len(answer), self._randomness):
                    yield back_ns, answer


class Steered:
    """A site of the network that follows its conditions."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._powered = True

    def follow(self, conditions: Conditions, at_ns: int) -> None:
        """Let link and router be as the conditions say; power that returns restarts the router."""
        for link in (self._place.there, self._place.back):
            if link.quality.cut and not conditions.link.cut:
                link.reset()
            link.quality = conditions.link
        router = self._place.router
        if conditions.powered and not self._powered:
            router.started_ns = at_ns
        self._powered = conditions.powered
        router.forwarding = conditions.powered and not conditions.router_hung
        router.changes = dict(conditions.changes)
