"""The process in the namespace: sites, relays and the agents among them, steered by the script; it prints no prose.

It speaks with the demo in lines of JSON: its standard output tells what happened (:class:`Event`), the line ``go`` on
its standard input starts the script, and the end of the input ends everything.
"""

import argparse
import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import msgspec

from lab.children import Child, module, start
from lab.faults import Conditions, conditions_at
from lab.ground import Ground, open_loopback_ground, open_tunnel_ground
from lab.relay import Relay, open_relay
from lab.stage import Stage, set_stage

_TICK_SECONDS = 0.05
CANNOT = 3
"""Exit code: the machine allows no TUN device in this namespace."""


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of standard output."""

    event: str
    """``ready``, ``agent`` (started), ``begins``, ``ends`` (a fault), ``died`` (an agent that nobody stopped)."""
    name: str = ""
    """Of the agent."""
    pid: int = 0
    words: str = ""
    """The last line of the log of an agent that died."""
    round: int = 0
    fault: int = 0
    """Index of the fault in its round."""


class Town:
    """The agents and their uplinks: what a fault does to them, beside what it does to the sites."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self._folder = folder
        self._relays: dict[str, Relay] = {}
        self._agents: dict[str, Child | None] = {}
        self._names = {site.id for site in stage.hosts}

    async def move_in(self, stack: AsyncExitStack) -> None:
        """Open the relays and start all agents."""
        for name in sorted(self._names):
            path = self._folder / f"{name}.sock"
            self._relays[name] = await stack.enter_async_context(open_relay(path, self._folder / "collector.sock"))
        stack.push_async_callback(self.move_out)
        for name in ("province", *sorted(self._names)):
            await self._start(name)

    async def move_out(self) -> None:
        """Stop all agents."""
        for relay in self._relays.values():
            relay.follow(cut=False)
        await asyncio.gather(*(agent.stop() for agent in self._agents.values() if agent is not None))

    async def follow(self, site: str, conditions: Conditions) -> None:
        """Let the site's own agent and its uplink be as the conditions say."""
        if site not in self._relays:
            return
        cut = conditions.link.cut or conditions.router_hung or not conditions.powered
        self._relays[site].follow(cut=cut)
        agent = self._agents[site]
        if conditions.agent_alive and agent is None:
            await self._start(site)
        elif not conditions.agent_alive and agent is not None:
            self._agents[site] = None
            await agent.stop()

    def bury(self) -> None:
        """Tell of agents that ended by themselves."""
        for name, agent in self._agents.items():
            if agent is not None and not agent.running:
                self._agents[name] = None
                tell(Event(event="died", name=name, words=agent.last_words()))

    async def _start(self, name: str) -> None:
        command = module("agent", "run", "--config", str(self._folder / f"{name}.yaml"))
        agent = await start(name, command, self._folder / f"{name}.log")
        self._agents[name] = agent
        tell(Event(event="agent", name=name, pid=agent.pid))


class Director:
    """Plays the script upon the sites."""

    def __init__(self, stage: Stage, ground: Ground, town: Town) -> None:
        self._stage = stage
        self._ground = ground
        self._town = town
        self._held: dict[str, Conditions] = {}
        self._active: set[tuple[int, int]] = set()
        self._round = (-1, stage.faults(0))

    async def play(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        while True:
            await self._step(loop.time() - begun)
            await asyncio.sleep(_TICK_SECONDS)

    async def _step(self, at_seconds: float) -> None:
        number = self._stage.round_of(at_seconds)
        if number != self._round[0]:
            self._round = (number, self._stage.faults(number))
        faults = self._round[1]
        active = {(number, index) for index, fault in enumerate(faults) if fault.active(at_seconds)}
        concerned = {site for _, index in active for site in faults[index].sites} | set(self._held)
        for site in self._stage.sites:
            if site.id in concerned:
                calm = Conditions(link=site.quality)
                now = conditions_at(calm, faults, site.id, at_seconds)
                if now != self._held.get(site.id, calm):
                    self._ground.follow(site, now)
                    await self._town.follow(site.id, now)
                self._held[site.id] = now
        for name, changed in (("begins", active - self._active), ("ends", self._active - active)):
            for one in sorted(changed):
                tell(Event(event=name, round=one[0], fault=one[1]))
        self._active = active


def tell(event: Event) -> None:
    """Print an event for the demo."""
    print(msgspec.json.encode(event).decode(), flush=True)


async def run(stage: Stage, folder: Path, loopback_port: int | None) -> int:
    """Everything inside, until the standard input ends; CANNOT where the ground cannot be laid."""
    words = await _listen()
    async with AsyncExitStack() as stack:
        try:
            ground = await stack.enter_async_context(_lay(stage, loopback_port))
        except OSError as error:
            print(f"{error.strerror or error}", file=sys.stderr)
            return CANNOT
        tell(Event(event="ready"))
        town = Town(stage, folder)
        word = await words.readline()
        if word == b"enter\n":
            await town.move_in(stack)
            word = await words.readline()
        tasks = [asyncio.create_task(_watch(town))]
        if word == b"go\n":
            tasks.append(asyncio.create_task(Director(stage, ground, town).play()))
            await words.read()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return 0


@asynccontextmanager
async def _lay(stage: Stage, loopback_port: int | None) -> AsyncIterator[Ground]:
    if loopback_port is None:
        with open_tunnel_ground(stage) as ground:
            yield ground
    else:
        async with open_loopback_ground(stage, loopback_port) as ground:
            yield ground


async def _watch(town: Town) -> None:
    while True:
        town.bury()
        await asyncio.sleep(1.0)


async def _listen() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    # A terminal's Ctrl-C reaches the whole group: the demo decides, and ends us by closing our input.
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, reader.feed_eof)
    return reader


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry of ``python -m lab.inside``; started by the demo, not by people."""
    parser = argparse.ArgumentParser(prog="lab.inside")
    parser.add_argument("--sites", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--loopback-port", type=int)
    given = parser.parse_args(arguments)
    return asyncio.run(run(set_stage(given.sites, given.seed), given.folder, given.loopback_port))


if __name__ == "__main__":
    sys.exit(main())
