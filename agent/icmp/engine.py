"""Sends trains of echo requests to all targets over one socket a family; it waits for no reply and judges nothing."""

import asyncio
import errno
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count

from agent.icmp.agenda import Agenda
from agent.icmp.bulk import AT_ONCE
from agent.icmp.flight import Convoy, Flow, Journey, Look, Plan, Register
from agent.icmp.intake import Intake
from agent.icmp.packet import COOKIE_BYTES, Form
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
        self._agenda = Agenda[Convoy]()
        self._active: set[Convoy] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._planned_ns = 0
        self._looks: dict[tuple[int, Manner, int], Look] = {}
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
        convoy = Convoy(
            flow, plan, start_ns, self._look(flow.version, plan), asyncio.get_running_loop().create_future()
        )
        if not self._active:
            self.watch.start()
        flow.rounds[convoy.round] = convoy
        self._active.add(convoy)
        self._agenda.add(start_ns, convoy)
        if self._timer is None or start_ns < self._planned_ns:
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

    def _look(self, version: int, plan: Plan) -> Look:
        key = (version, plan.manner, plan.size_bytes)
        found = self._looks.get(key)
        if found is None:
            form = Form(version, self._ports[version].identifier, self._register.cookie, plan.size_bytes)
            found = self._looks[key] = Look(version, plan.manner, form)
        return found

    def _arm(self) -> None:
        """Wake at the next tick, or at what is due before it."""
        if not self._active:
            return
        now_ns = self._clock.monotonic_ns()
        tick_ns = self._tick_ns
        if any(intake.crowded for intake in self._intakes.values()):
            tick_ns = _QUICK_TICK_NS
        at_ns = _tick_after(now_ns, tick_ns)
        next_ns = self._agenda.next_ns
        if next_ns is not None:
            at_ns = max(now_ns, min(at_ns, next_ns))
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
        """Send what is due, in batches of one look, and end what is over."""
        batches: dict[Look, list[tuple[Convoy, int]]] = {}
        for due_ns, convoys in self._agenda.take(now_ns):
            for convoy in convoys:
                index, plan = convoy.next_index, convoy.plan
                if convoy.done.done():
                    continue
                if index == plan.count:
                    if due_ns >= convoy.end_ns or not convoy.awaited:
                        convoy.done.set_result(None)
                    continue
                batch = batches.get(convoy.look)
                if batch is None:
                    batch = batches[convoy.look] = []
                batch.append((convoy, index))
                convoy.next_index = index = index + 1
                # The schedule is fixed: no packet waits for another's reply, and a late tick moves none of them.
                following_ns = convoy.start_ns + index * plan.interval_ns if index < plan.count else convoy.end_ns
                self._agenda.add(following_ns, convoy)
        for look, batch in batches.items():
            port = self._ports[look.version]
            port.behave(look.manner)
            step = AT_ONCE if port.stamped else 1
            for start in range(0, len(batch), step):
                self._send(look, batch[start : start + step])

    def _send(self, look: Look, group: list[tuple[Convoy, int]]) -> None:
        port, intake, form = self._ports[look.version], self._intakes[look.version], look.form
        now_ns = self._clock.wall_ns()
        names: list[bytes] = []
        heads: list[bytes] = []
        for convoy, index in group:
            sequence = (convoy.first_sequence + index) & 0xFFFF
            names.append(convoy.name)
            heads.append(form.head(sequence, convoy.flow.number, convoy.round, index, now_ns))
            convoy.sent_ns[index] = now_ns
        retried = False
        while group:
            sent, code = port.send(names, heads, form.filling)
            intake.expect(group[:sent])
            if sent:
                retried = False
            group, names, heads = group[sent:], names[sent:], heads[sent:]
            intake.drain_notices()
            if code and group:
                if not retried and not port.raw:
                    # A datagram socket may report another packet's ICMP error here; it does so once.
                    retried = True
                    continue
                self._refused(intake, group[0], code)
                group, names, heads, retried = group[1:], names[1:], heads[1:], False

    def _refused(self, intake: Intake, packet: tuple[Convoy, int], code: int) -> None:
        convoy, index = packet
        convoy.stayed(index, code)
        if code in _OUR_OWN_QUEUE:
            convoy.voided = f"the agent could not send: {os.strerror(code).lower()}"
        intake.restart_stamps()
        if not convoy.awaited:
            self._finish_soon(convoy)

    def _finish_soon(self, convoy: Convoy) -> None:
        """A train that has all its replies ends a tick later, so that duplicates are heard."""
        if not convoy.finishing:
            convoy.finishing = True
            self._agenda.add(_tick_after(self._clock.monotonic_ns(), self._tick_ns) + self._tick_ns, convoy)

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
