"""A process that measures by the agent's engine and prints what it found and what that cost, for the benches."""

import asyncio
import json
import resource
import socket
import sys
import time
from typing import Any

from agent.icmp.engine import open_engine
from agent.icmp.flight import Journey, Plan
from agent.icmp.port import socket_address
from shared.clock import SystemClock

_SECOND_NS = 1_000_000_000


async def measure(addresses: list[str], plan: Plan) -> dict[str, Any]:
    """Trains to all addresses, spread over one interval: each starts in its turn, as the agent's runner starts jobs."""
    with open_engine(SystemClock()) as engine:
        spread = plan.interval_ns / _SECOND_NS / len(addresses)
        before, begun = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
        trains: list[asyncio.Task[Journey]] = []
        while len(trains) < len(addresses):
            for address in addresses[len(trains) : int((time.perf_counter() - begun) / spread) + 1]:
                flow = engine.open_flow()
                flow.lead_to(4, socket_address(socket.AF_INET, (address, 0)))
                trains.append(asyncio.create_task(engine.run(flow, plan)))
            await asyncio.sleep(len(trains) * spread - (time.perf_counter() - begun))
        journeys = await asyncio.gather(*trains)
        after, elapsed = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter() - begun
    return {
        "rtts_us": [[rtt and rtt / 1000 for rtt in journey.facts.rtts_ns] for journey in journeys],
        "facts": [facts_of(journey) for journey in journeys],
        "sent": sum(journey.facts.sent for journey in journeys),
        "received": sum(journey.facts.received for journey in journeys),
        "unstamped": sum(not journey.kernel_stamps for journey in journeys),
        "voided": sorted({journey.voided for journey in journeys if journey.voided}),
        **cpu_between(before, after),
        "elapsed_seconds": elapsed,
        "planned_seconds": plan.count * plan.interval_ns / _SECOND_NS,
        "memory_mb": after.ru_maxrss / 1024,
    }


def facts_of(journey: Journey) -> dict[str, int]:
    """What the train says of the wire."""
    facts = journey.facts
    return {
        "lost": facts.lost,
        "late": facts.late,
        "doubled": facts.duplicates,
        "overtaken": facts.reordered,
        "longest run": facts.longest_loss_run,
    }


def cpu_between(before: resource.struct_rusage, after: resource.struct_rusage) -> dict[str, float]:
    """CPU seconds of user and system, and the system's part of them."""
    system = after.ru_stime - before.ru_stime
    return {"cpu_seconds": after.ru_utime - before.ru_utime + system, "system_seconds": system}


def main() -> None:
    """Arguments: count, interval in seconds, then first address and how many follow it."""
    count, interval, first, number = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    plan = Plan(count=count, interval_ns=int(interval * _SECOND_NS), timeout_ns=_SECOND_NS, linger_ns=_SECOND_NS)
    json.dump(asyncio.run(measure(addresses_from(first, number), plan)), sys.stdout)


def addresses_from(first: str, number: int) -> list[str]:
    """So many addresses, 250 in each /24, from ``a.b.0.1`` on."""
    left, right, *_ = first.split(".")
    return [f"{left}.{right}.{index // 250}.{index % 250 + 1}" for index in range(number)]


if __name__ == "__main__":
    main()
