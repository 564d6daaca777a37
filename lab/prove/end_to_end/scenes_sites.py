"""Scenarios of the end-to-end proof at the sites: power, routers, LANs, bad lines and planned work."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stdout
from datetime import datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

from collector.__main__ import main as collector
from collector.incident import Cause, Scope
from lab.prove.end_to_end.ear import ask
from lab.prove.end_to_end.land import BY_ID, office
from lab.prove.end_to_end.play import Play, down
from lab.prove.end_to_end.scenes_lines import LASTS_SECONDS, dead_hub

_BATTERY_SECONDS = 7.0
_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_BAD_SECONDS = 40.0


def power_cut(play: Play) -> None:
    """One site: the battery for a few seconds, then dark, router and computer."""
    with _without_power(play, "s06"):
        play.told(scope=Scope.SITE, site="s06", cause="power")
        play.rest(LASTS_SECONDS)
    play.expect(1, 1)
    play.final(Cause.POWER, scope=Scope.SITE, subject="s06")


def power_area(play: Play) -> None:
    """Three sites of one area, at three hubs."""
    with _without_power(play, "s02", "s05", "s10"):
        play.told(scope=Scope.POWER_AREA, power_area="north", cause="power")
        play.rest(LASTS_SECONDS)
    play.expect(1, 1)
    play.final(Cause.POWER, scope=Scope.POWER_AREA, subject="north")


def router_hang(play: Play) -> None:
    """A router that answers nothing, not even to its own office, until somebody pulls its plug."""
    country, around = play.stage.country, play.stage.country.neighbours("s08")

    def mend() -> None:
        play.stage.devices.restart("s08")
        country.pass_on("s08", around)

    with down(play, lambda: country.swallow("s08", around), mend):
        play.told(scope=Scope.SITE, site="s08")
        play.rest(LASTS_SECONDS)
    play.expect(1, 1)
    play.final(Cause.SITE_LAN, scope=Scope.SITE, subject="s08")


def lan_unplugged(play: Play) -> None:
    """The computer with the agent is cut off, the site is well: shown, and nobody is called."""
    country, pc = play.stage.country, office(BY_ID["s09"])
    with down(play, lambda: country.swallow("s09", [pc]), lambda: country.pass_on("s09", [pc])):
        play.wait("the agent is known to be silent", lambda: silent(play, "s09"))
        play.rest(LASTS_SECONDS)
        play.check("s09 is not up", holds=play.in_state("up", "s09"))
    play.expect(0, 0)


def brown_out(play: Play) -> None:
    """A splice that gives way: losses in bursts, more and more of them."""
    play.fault()
    with _bursts(play, "B", "s07"):
        play.told(scope=Scope.SITE, site="s07", trouble="degraded", severity="warning")
        play.check("s07 is down", holds=not play.in_state("down", "s07"))
        play.rest(LASTS_SECONDS)
    play.expect(1, 1)


def maintenance(play: Play) -> None:
    """Work on a hub that was said before: nobody is called, and Alertmanager has a silence."""
    now = datetime.now(_ZONE)
    until = (now + timedelta(minutes=20)).strftime("%Y-%m-%d %H:%M")
    _say(play, "add", "work", "--hub", "A", "--from", "2026-01-01 00:00", "--until", until, "--who", "Hà", "--why", "x")
    try:
        # A site that answers is up, whoever works there.
        play.wait("Alertmanager has a silence", lambda: _silences(play))
        with dead_hub(play, "A"):
            play.rest(2 * LASTS_SECONDS)
            play.check("no maintenance", holds=play.in_state("maintenance", "s01", "s02", "s03", "s04"))
            play.check("Alertmanager has no silence", holds=bool(_silences(play)))
    finally:
        play.rest(4.0)
        _say(play, "end", "work")
    play.expect(0, 0)


def _silences(play: Play) -> list[object]:
    """Those in force."""
    found = ask(play.stage.programs.alertmanager, "/api/v2/silences") or []
    return [silence for silence in found if silence["status"]["state"] == "active"]


def silent(play: Play, agent: str) -> bool:
    """Whether an incident tells that an agent is not heard."""
    return any(each.scope is Scope.AGENT and each.subject == agent for each in play.incidents())


def _say(play: Play, *words: str) -> None:
    with redirect_stdout(StringIO()):
        code = collector(["maintenance", "--config", str(play.stage.programs.collector_file), *words])
    play.check(f"maintenance {words[0]} ended with {code}", holds=code == 0)


@contextmanager
def _without_power(play: Play, *sites: str) -> Iterator[None]:
    """Mains fail; a fault for the clock from when the battery is empty."""
    stage = play.stage
    hosts = [site for site in sites if BY_ID[site].inside]
    for site in sites:
        stage.devices.on_battery(site, battery=True)
    play.rest(_BATTERY_SECONDS)

    def mend() -> None:
        for site in sites:
            stage.devices.on_battery(site, battery=False)
            stage.devices.restart(site)
            stage.country.pass_on(site, stage.country.neighbours(site))
        for site in hosts:
            stage.programs.start_agent(site, new_boot=True)

    def cut() -> None:
        for site in sites:
            stage.country.swallow(site, stage.country.neighbours(site))
        for site in hosts:
            stage.programs.kill(site)

    with down(play, cut, mend):
        yield


@contextmanager
def _bursts(play: Play, near: str, far: str) -> Iterator[None]:
    """The line is gone for a moment again and again, each time a little longer, and never for a whole train."""
    country, ended = play.stage.country, threading.Event()

    def spoil() -> None:
        begun = time.monotonic()
        for number in itertools.count():
            share = min(1.0, (time.monotonic() - begun) / _BAD_SECONDS)
            # Beside the rhythm of the trains, so that each part of them is hit.
            with ExitStack() as stack:
                country.swallow(far, [near])
                stack.callback(country.pass_on, far, [near])
                ended.wait(0.15 + 0.15 * share)
            if ended.wait(0.45 + 0.07 * (number % 5)):
                return

    thread = threading.Thread(target=spoil)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


SCENES: Mapping[str, Callable[[Play], None]] = {
    "power-cut": power_cut,
    "power-area": power_area,
    "router-hang": router_hang,
    "lan-unplugged": lan_unplugged,
    "brown-out": brown_out,
    "maintenance": maintenance,
}
