"""What an agent of one site measures, cycle after cycle, from seeded dice; it sends no packet."""

import math
import random
from collections.abc import Iterator

from shared.clock import Clock
from shared.wire.reading import Outcome, Reading, Sample

_INTERFACES = 48
_OCTETS = ("ifHCInOctets", "ifHCOutOctets", "ifHCInUcastPkts", "ifHCOutUcastPkts", "ifInErrors", "ifOutErrors")
_PLAIN = ("ifOperStatus", "ifAdminStatus", "ifHighSpeed", "ifLastChange")


def cycles_of(site: str, clock: Clock, dice: random.Random, count: int) -> Iterator[tuple[int, tuple[Reading, ...]]]:
    """Ten targets pinged, a router of 48 interfaces each minute; what a measurement gives has all its digits."""
    totals = {(name, port): 0.0 for name in _OCTETS for port in range(_INTERFACES)}
    for number in range(1, count + 1):
        found = [_ping(site, clock, dice, f"target-{target}", number) for target in range(10)]
        if number % 6 == 0:
            found.append(_router(site, clock, dice, totals, number))
        yield number, tuple(found)


def _ping(site: str, clock: Clock, dice: random.Random, target: str, number: int) -> Reading:
    rtt = 0.012 * math.exp(dice.gauss(0, 0.3))
    lost = float(dice.random() < 0.02)
    samples = (
        Sample("probe_success", 1.0),
        Sample("phusong_ping_train_loss_ratio", lost / 10),
        Sample("phusong_ping_train_rtt_median_seconds", rtt),
        Sample("phusong_ping_train_rtt_min_seconds", rtt * dice.uniform(0.7, 1)),
        Sample("phusong_ping_train_rtt_max_seconds", rtt * dice.uniform(1, 2)),
        Sample("phusong_ping_sent_total", number * 10.0),
        Sample("phusong_ping_received_total", number * 10.0 - lost),
    )
    stamps = (clock.monotonic_ns(), clock.wall_ns())
    return Reading("ping", "icmp", site, target, "router", Outcome.OK, *stamps, number, samples)


def _router(site: str, clock: Clock, dice: random.Random, totals: dict[tuple[str, int], float], number: int) -> Reading:
    samples = []
    for port in range(_INTERFACES):
        labels = (("ifIndex", str(port + 1)), ("ifName", f"ge-0/0/{port}"))
        for name in _OCTETS:
            if port % 2 and "Errors" not in name:
                totals[name, port] += dice.randrange(10_000_000)
            samples.append(Sample(name, totals[name, port], labels))
        samples += [Sample(name, 1.0, labels) for name in _PLAIN]
    stamps = (clock.monotonic_ns(), clock.wall_ns())
    return Reading("snmp", "snmp", site, "router", "router", Outcome.OK, *stamps, number, tuple(samples))
