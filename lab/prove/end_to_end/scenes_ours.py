"""Scenarios of the end-to-end proof in which our own programs fail: collector, agents, clocks, names, backlogs."""

import signal
from collections.abc import Callable, Mapping
from datetime import datetime

from collector.incident import Cause, Scope
from lab.prove.end_to_end.ear import Message
from lab.prove.end_to_end.files import BY_NAME
from lab.prove.end_to_end.play import Play, down
from lab.prove.end_to_end.programs import JUMPS
from lab.prove.end_to_end.scenes_lines import LASTS_SECONDS
from lab.prove.end_to_end.scenes_sites import silent

_TRUE_SECONDS = 4.0
"""So exact a start is wanted: four looks."""


def collector_restart(play: Play) -> None:
    """Killed while a fault lasts: it is not told again, and its end is told."""
    country, programs = play.stage.country, play.stage.programs
    with down(play, lambda: country.unplug("A", "s03"), lambda: country.plug("A", "s03")):
        play.told(scope=Scope.SITE, site="s03")
        programs.kill("collector")
        programs.start_collector()
        play.wait("the collector is back", lambda: play.in_state("down", "s03"))
        play.rest(LASTS_SECONDS)
    play.expect(1, 1)
    play.final(Cause.ACCESS_LINK, scope=Scope.SITE, subject="s03")


def agent_crash(play: Play) -> None:
    """An agent is killed: shown, and nobody is called."""
    _away(play, play.stage.programs.kill, "s05")


def switched_off(play: Play) -> None:
    """An office computer is switched off for the night: shown, and nobody is called."""
    _away(play, play.stage.programs.end, "s02")


def _away(play: Play, stop: Callable[[str], None], agent: str) -> None:
    stop(agent)
    try:
        play.wait("the agent is known to be silent", lambda: silent(play, agent))
        play.rest(LASTS_SECONDS)
        play.check("its site is not up", holds=play.in_state("up", agent))
    finally:
        play.stage.programs.start_agent(agent)
    play.expect(0, 0)


def clock_jump(play: Play) -> None:
    """A computer's clock jumps by seven hours, then its line is cut: told once, with the true time."""
    country, programs = play.stage.country, play.stage.programs
    programs.signal(JUMPS, signal.SIGUSR1)
    try:
        play.rest(LASTS_SECONDS)
        play.check("the jump was told", holds=not play.heard)
        with down(play, lambda: country.unplug("B", JUMPS), lambda: country.plug("B", JUMPS)):
            _check_start(play, play.told(scope=Scope.SITE, site=JUMPS))
            play.rest(LASTS_SECONDS)
        play.expect(1, 1)
    finally:
        programs.signal(JUMPS, signal.SIGUSR1)
    play.final(Cause.ACCESS_LINK, scope=Scope.SITE, subject=JUMPS)


def dns_failure(play: Play) -> None:
    """The resolver is silent, and an agent that starts meanwhile cannot find the collector: nobody is called."""
    programs, resolver = play.stage.programs, play.stage.devices.resolver
    resolver.away = True
    try:
        programs.end(BY_NAME)
        programs.start_agent(BY_NAME)
        play.wait("the agent is known to be silent", lambda: silent(play, BY_NAME))
        play.rest(LASTS_SECONDS)
        play.check("its site is not up", holds=play.in_state("up", BY_NAME))
    finally:
        resolver.away = False
    play.wait("it is heard again", lambda: not any(each.is_open for each in play.incidents()), 90)
    play.expect(0, 0)


def past_backlog(play: Play) -> None:
    """An outage that was over before the collector came back: final, with its times, and nobody is called."""
    country = play.stage.country
    play.stage.programs.kill("collector")
    with down(play, lambda: country.unplug("C", "s11"), lambda: country.plug("C", "s11")):
        play.rest(5.0)
    play.rest(2.0)
    play.stage.programs.start_collector()
    play.wait("it is found in the backlog", lambda: any(each.sites == ("s11",) for each in play.incidents()), 90)
    play.expect(0, 0)
    found = [each for each in play.incidents() if each.sites == ("s11",)]
    play.check("it is not past", holds=[each.silent_because for each in found] == ["past"])
    play.check("it lasts", holds=not any(each.is_open for each in found))
    off = abs(found[0].began_ns - play.faulted_wall_ns) / 1e9
    play.check(f"its start is {off:.1f} s off", holds=off <= _TRUE_SECONDS)


def lasting_backlog(play: Play) -> None:
    """An outage from the time without a collector that lasts: told once, with its true start."""
    country = play.stage.country
    play.stage.programs.kill("collector")
    with down(play, lambda: country.unplug("D", "s13"), lambda: country.plug("D", "s13")):
        play.rest(7.0)  # in twelve Prometheus rings for the collector
        play.stage.programs.start_collector()
        _check_start(play, play.told(scope=Scope.SITE, site="s13"))
        play.rest(LASTS_SECONDS)
    play.expect(1, 1)


def _check_start(play: Play, message: Message) -> None:
    told = datetime.fromisoformat(message.alerts[-1]["annotations"]["began"])
    off = abs(told.timestamp() - play.faulted_wall_ns / 1e9)
    play.check(f"the start that was told is {off:.1f} s off", holds=off <= _TRUE_SECONDS)


SCENES: Mapping[str, Callable[[Play], None]] = {
    "collector-restart": collector_restart,
    "agent-crash": agent_crash,
    "switched-off": switched_off,
    "clock-jump": clock_jump,
    "dns-failure": dns_failure,
    "backlog-past": past_backlog,
    "backlog-lasting": lasting_backlog,
}
