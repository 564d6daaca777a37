"""Sends trains of echo requests to all targets over one socket a family; it waits for no reply and judges nothing."""

import asyncio
import errno
import heapq
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count

from agent.icmp.bulk import AT_ONCE
from agent.icmp.flight import Convoy, Flow, Journey, Plan, Register
from agent.icmp.intake import Intake
from agent.icmp.packet import COOKIE_BYTES, encode_request, filling_of
from agent.icmp.port import Manner, NoPermission, Port, open_port
from agent.icmp.watch import SelfWatch
from shared.clock import Clock

_SECOND_NS = 1_000_000_000
_TICK_NS = 100_000_000
"""Sends and receives share wake-ups: the kernel has stamped the packets, so waiting for a tick costs no accuracy."""
_BUSY_TICK_NS = 50_000_000
_BUSY_TRAINS = 1000
"""From so many trains in flight on ticks are shorter, so that they are no bursts of hundreds of packets."""
_QUICK_TICK_NS = 5_000_000
_OUR_OWN_QUEUE = frozenset({errno.ENOBUFS, errno.EAGAIN, errno.ENOMEM})


class Engine:
    """All trains of one agent."""

    def __init__(self, clock: Clock, ports: dict[int, Port], refusal: str, cookie: bytes) -> None:
        self.refusal = refusal
        """Why a family cannot be used, in one line."""
        self._clock = clock
        self._ports = ports
        self._register = Register(cookie)
        self._numbers = count(1)
        self._due: list[tuple[int, int, Convoy]] = []
        self._order = count()
        self._active: set[Convoy] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._planned_ns = 0
        self._fillings: dict[int, bytes] = {}
        self._manners: dict[Manner, Manner] = {}
        """One object for equal manners, so that a packet's batch is found by identity."""
        self.watch = SelfWatch(clock, stamped=all(port.stamped for port in ports.values()))
        self._intakes = {
            version: Intake(port, clock, self._register, self.watch, self._finish_soon)
            for version, port in ports.items()
        }

    @property
    def versions(self) -> tuple[int, ...]:
        """IP versions that can be used."""
        return tuple(self._ports)

    @property
    def strays(self) -> int:
        """Packets that the sockets got and that answered nothing of ours."""
        return sum(intake.strays for intake in self._intakes.values())

    def open_flow(self, after: Callable[[int], None] = lambda _late: None) -> Flow:
        """A new target; ``after`` hears of replies that come when their train is over."""
        flow = Flow(next(self._numbers) & 0xFFFF_FFFF, after)
        self._register.flows[flow.number] = flow
        return flow

    def close_flow(self, flow: Flow) -> None:
        """Forget a target."""
        self._register.flows.pop(flow.number, None)

    async def run(self, flow: Flow, plan: Plan) -> Journey:
        """Send one train and wait until every packet is answered or past its deadline."""
        now_ns = self._clock.monotonic_ns()
        start_ns = now_ns if plan.interval_ns < _TICK_NS else _tick_after(now_ns, self._tick_ns)
        filling = self._fillings.setdefault(plan.size_bytes, filling_of(self._register.cookie, plan.size_bytes))
        manner = self._manners.setdefault(plan.manner, plan.manner)
        convoy = Convoy(flow, plan, start_ns, (filling, manner), asyncio.get_running_loop().create_future())
        if not self._active:
            self.watch.start()
        flow.rounds[convoy.round] = convoy
        self._active.add(convoy)
        self._push(convoy, start_ns)
        self._arm()
        try:
            await convoy.done
        finally:
            flow.rounds.pop(convoy.round, None)
            self._active.discard(convoy)
        return convoy.journey()

    @contextmanager
    def listening(self, version: int) -> Iterator[None]:
        """Without the kernel's stamps each packet has to be read as soon as it is there."""
        loop, descriptor = asyncio.get_running_loop(), self._ports[version].fileno()
        loop.add_reader(descriptor, lambda: self._void(self._intakes[version].drain()))
        try:
            yield
        finally:
            loop.remove_reader(descriptor)

    def close(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()

    @property
    def _tick_ns(self) -> int:
        return _TICK_NS if len(self._active) < _BUSY_TRAINS else _BUSY_TICK_NS

    def _push(self, convoy: Convoy, at_ns: int) -> None:
        heapq.heappush(self._due, (at_ns, next(self._order), convoy))

    def _arm(self) -> None:
        """Wake at the next tick, or at what is due before it."""
        if not self._active:
            return
        now_ns = self._clock.monotonic_ns()
        tick_ns = self._tick_ns
        if any(intake.crowded for intake in self._intakes.values()):
            tick_ns = _QUICK_TICK_NS
        at_ns = _tick_after(now_ns, tick_ns)
        if self._due:
            at_ns = max(now_ns, min(at_ns, self._due[0][0]))
        if self._timer is not None:
            if self._planned_ns <= at_ns:
                return
            self._timer.cancel()
        self._planned_ns = at_ns
        self._timer = asyncio.get_running_loop().call_later((at_ns - now_ns) / _SECOND_NS, self._tick)

    def _tick(self) -> None:
        self._timer = None
        now_ns = self._clock.monotonic_ns()
        self._void(self.watch.look(self._planned_ns, now_ns))
        for intake in self._intakes.values():
            self._void(intake.drain())
        self._work(now_ns)
        self._arm()

    def _work(self, now_ns: int) -> None:
        """Send what is due, in batches of one manner, and end what is over."""
        batches: dict[tuple[int, int], list[tuple[Convoy, int]]] = {}
        due = self._due
        while due and due[0][0] <= now_ns:
            due_ns, _, convoy = due[0]
            index, plan = convoy.next_index, convoy.plan
            if index == plan.count or convoy.done.done():
                heapq.heappop(due)
                if not convoy.done.done() and (due_ns >= convoy.end_ns or convoy.complete):
                    convoy.done.set_result(None)
                continue
            key = (convoy.flow.version, id(convoy.manner))
            if key in batches:
                batches[key].append((convoy, index))
            else:
                batches[key] = [(convoy, index)]
            convoy.next_index = index = index + 1
            # The schedule is fixed: no packet waits for another's reply, and a late tick moves none of them.
            following_ns = convoy.start_ns + index * plan.interval_ns if index < plan.count else convoy.end_ns
            heapq.heapreplace(due, (following_ns, next(self._order), convoy))
        for (version, _), group in batches.items():
            self._ports[version].behave(group[0][0].manner)
            step = AT_ONCE if self._ports[version].stamped else 1
            for start in range(0, len(group), step):
                self._send(version, group[start : start + step])

    def _send(self, version: int, group: list[tuple[Convoy, int]]) -> None:
        port, intake = self._ports[version], self._intakes[version]
        wall_ns, cookie = self._clock.wall_ns, self._register.cookie
        packets: list[tuple[bytes, bytes]] = []
        for convoy, index in group:
            now_ns = wall_ns()
            sequence = (convoy.first_sequence + index) & 0xFFFF
            mark = convoy.mark(index, now_ns)
            request = encode_request(version, port.identifier, sequence, cookie, mark, convoy.filling)
            packets.append((convoy.flow.name, request))
            convoy.sent_ns[index] = now_ns
        retried = False
        while group:
            sent, code = port.send(packets)
            intake.expect(group[:sent])
            if sent:
                retried = False
            group, packets = group[sent:], packets[sent:]
            intake.drain_notices()
            if code and group:
                if not retried and not port.raw:
                    # A datagram socket may report another packet's ICMP error here; it does so once.
                    retried = True
                    continue
                self._refused(intake, group[0], code)
                group, packets, retried = group[1:], packets[1:], False

    def _refused(self, intake: Intake, packet: tuple[Convoy, int], code: int) -> None:
        convoy, index = packet
        convoy.stayed(index, code)
        if code in _OUR_OWN_QUEUE:
            convoy.voided = f"the agent could not send: {os.strerror(code).lower()}"
        intake.restart_stamps()
        if convoy.complete:
            self._finish_soon(convoy)

    def _finish_soon(self, convoy: Convoy) -> None:
        """A train that has all its replies ends a tick later, so that duplicates are heard."""
        if not convoy.finishing:
            convoy.finishing = True
            self._push(convoy, _tick_after(self._clock.monotonic_ns(), self._tick_ns) + self._tick_ns)

    def _void(self, reason: str) -> None:
        if reason:
            for convoy in self._active:
                if convoy.next_index:
                    convoy.voided = convoy.voided or reason


def _tick_after(now_ns: int, tick_ns: int) -> int:
    return (now_ns // tick_ns + 1) * tick_ns


@contextmanager
def open_engine(clock: Clock, *, raw: bool = True, stamps: bool = True) -> Iterator[Engine]:
    """Open what the machine allows; an engine without any socket says why in its ``refusal``."""
    with ExitStack() as stack:
        ports: dict[int, Port] = {}
        refusal = ""
        for version in (4, 6):
            try:
                ports[version] = stack.enter_context(open_port(version, raw=raw, stamps=stamps))
            except NoPermission as error:
                refusal = str(error)
            except OSError as error:
                refusal = refusal or f"this machine has no ICMP for IPv{version}: {(error.strerror or '').lower()}"
        engine = Engine(clock, ports, refusal, os.urandom(COOKIE_BYTES))
        stack.callback(engine.close)
        for version, port in ports.items():
            if not port.stamped:
                stack.enter_context(engine.listening(version))
        yield engine
