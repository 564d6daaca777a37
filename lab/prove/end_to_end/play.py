"""One scenario of the end-to-end proof as it runs: what it may do, what it sees, and what it holds to be wrong."""

import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec

from collector.incident import Cause, Confidence, Incident, Scope
from lab.prove.end_to_end.cables import Country
from lab.prove.end_to_end.devices import Devices
from lab.prove.end_to_end.ear import Ear, Message, answers, ask
from lab.prove.end_to_end.land import SITES
from lab.prove.end_to_end.programs import Programs, wait

TOLD_SECONDS, BACK_SECONDS, QUIET_SECONDS = 45.0, 60.0, 12.0
"""For a message; until all is well; in which nothing more may come (two intervals of Alertmanager's groups)."""
_EXPECTED_RULES = frozenset({"PhusongWatchdog"})


@dataclass(frozen=True)
class Set:
    """Everything that stands during the whole proof."""

    country: Country
    devices: Devices
    programs: Programs
    ear: Ear


@dataclass
class Play:
    """A scenario calls these; what is wrong is collected, so that one row tells all of it."""

    stage: Set
    begun: float = field(default_factory=time.monotonic)
    begun_wall_ns: int = field(default_factory=time.time_ns)
    wrong: list[str] = field(default_factory=list)
    verdicts: list[tuple[Scope, str, Cause]] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)
    """As they were held last."""
    ended: float = 0.0
    ended_wall_ns: int | None = None
    rules: set[str] = field(default_factory=set)
    """Rules of Prometheus that fired meanwhile."""
    seconds: list[float] = field(default_factory=list)
    """From each fault to its message."""
    faulted: float = 0.0
    faulted_wall_ns: int = 0

    def fault(self) -> None:
        """It happens now."""
        self.faulted, self.faulted_wall_ns = time.monotonic(), time.time_ns()

    def check(self, what: str, *, holds: bool) -> None:
        """What does not hold makes the scenario broken."""
        if not holds:
            self.wrong.append(what)

    def wait(self, what: str, holds: Callable[[], object], seconds: float = TOLD_SECONDS) -> None:
        """Until it holds; raises TimeoutError."""

        def looked() -> object:
            self.look()
            return holds()

        wait(what, looked, seconds)

    def rest(self, seconds: float) -> None:
        """Let time pass that is part of the scenario, looking at the rules meanwhile."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.look()
            time.sleep(0.5)

    def look(self) -> None:
        """Note which rules fire."""
        found = ask(self.stage.programs.prometheus, "/api/v1/alerts")
        for alert in found["data"]["alerts"] if found else ():
            if alert["state"] == "firing":
                self.rules.add(alert["labels"]["alertname"])
        self.rules -= _EXPECTED_RULES

    @property
    def heard(self) -> list[Message]:
        """Messages to people while it lasted."""
        return [message for message in self.stage.ear.since(self.begun) if not self.ended or message.at <= self.ended]

    def told(self, *, scope: Scope, **labels: str) -> Message:
        """Wait for the one message of a fault with such labels; its time and cause are noted."""
        wanted = {"alertname": "PhusongIncident", "scope": scope.value, **labels}

        def found() -> list[Message]:
            return [message for message in self.firing() if wanted.items() <= message.labels.items()]

        self.wait(f"a message of {', '.join(f'{key}={value}' for key, value in wanted.items())}", found)
        message = found()[0]
        self.seconds.append(message.at - self.faulted)
        return message

    def states(self) -> dict[str, str]:
        """Of all sites, as the collector publishes them."""
        status = ask(self.stage.programs.port, "/api/v1/status")
        return {each["site"]: each["state"] for each in status["sites"]} if status else {}

    def in_state(self, state: str, *sites: str) -> bool:
        """Whether all these are in it."""
        states = self.states()
        return all(states.get(site) == state for site in sites)

    def incidents(self) -> list[Incident]:
        """The newest version of each incident that was known since the scenario began."""
        query = "SELECT body FROM incident JOIN incident_version USING (number, version) ORDER BY number"
        with closing(sqlite3.connect(self.stage.programs.folder / "state" / "journal.sqlite", timeout=10)) as journal:
            found = [msgspec.json.decode(body, type=Incident) for (body,) in journal.execute(query)]
        return [each for each in found if self.begun_wall_ns <= each.known_ns <= (self.ended_wall_ns or each.known_ns)]

    def all_well(self, seconds: float = BACK_SECONDS) -> None:
        """Wait until each site is up, all is told, and Alertmanager holds nothing for people any more."""
        everyone = [site.id for site in SITES]
        self.wait("all sites are up", lambda: self.in_state("up", *everyone), seconds)
        self.wait(
            "no incident is open", lambda: not any(each.is_open and each.calls for each in self.incidents()), seconds
        )
        self.wait("nothing fires in Alertmanager", lambda: not self.alerts(), seconds)

    def alerts(self) -> list[dict[str, str]]:
        """Labels of what Alertmanager would tell people now."""
        found = ask(self.stage.programs.alertmanager, "/api/v2/alerts?inhibited=false&silenced=false") or []
        quiet = {"PhusongWatchdog", "PhusongCollectorTells"}
        labels: list[dict[str, Any]] = [alert["labels"] for alert in found]
        return [each for each in labels if each["alertname"] not in quiet and each["severity"] != "info"]

    def expect(self, new: int, resolved: int) -> None:
        """So many faults are told and ended to people, each once, and nothing else; waits whether more comes.

        What comes to light of a fault (another cause, that it flaps) is a message of the same fault: an update.
        """
        with suppress(TimeoutError):
            what = f"{new} faults and {resolved} ends"
            self.wait(what, lambda: self.faults_told() >= new and self.ends() >= resolved)
        self.rest(QUIET_SECONDS)
        if (self.faults_told(), self.ends()) != (new, resolved):
            said = "; ".join(message.words() for message in self.heard)
            self.wrong.append(f"{self.faults_told()} new and {self.ends()} resolved, not {new} and {resolved}: {said}")
        for message in self.heard:
            self.check(f"not an incident: {message.words()}", holds=message.name == "PhusongIncident")
        twice = Counter(str(sorted(message.labels.items())) for message in self.firing())
        self.check(f"told twice: {twice.most_common(1)}", holds=not twice or max(twice.values()) == 1)

    def firing(self) -> list[Message]:
        """Messages of what begins or changes."""
        return [message for message in self.heard if message.status == "firing"]

    def faults_told(self) -> int:
        """How many faults they are about."""
        return len({message.labels.get("incident", message.name) for message in self.firing()})

    def ends(self) -> int:
        """How many messages tell of an end."""
        return len(self.heard) - len(self.firing())

    def final(self, cause: Cause, *, scope: Scope, subject: str) -> None:
        """The verdict on the incident is final in the end, and its cause is this; see :meth:`unsettled`."""
        self.verdicts.append((scope, subject, cause))

    def unsettled(self) -> list[str]:
        """Verdicts that are not what they must become: backlogs come when the agents try again, within a minute."""
        if not self.verdicts:
            return []
        held = self.incidents()
        self.causes = []
        missing: list[str] = []
        for scope, subject, cause in self.verdicts:
            found = [each for each in held if (each.scope, each.subject) == (scope, subject)]
            self.causes += [each.cause.value for each in found[:1]]
            if [(each.cause, each.confidence) for each in found] != [(cause, Confidence.FINAL)]:
                said = ", ".join(f"{each.cause} ({each.confidence})" for each in found) or "not told"
                missing.append(f"cause of {scope} {subject}: {said}; it was {cause}")
        return missing


@contextmanager
def down(play: Play, cut: Callable[[], None], mend: Callable[[], None], *, timed: bool = True) -> Iterator[None]:
    """A fault that is always mended, whatever the scenario finds; ``timed``: messages are timed from here."""
    if timed:
        play.fault()
    cut()
    try:
        yield
    finally:
        mend()


def ready(stage: Set) -> None:
    """Start everything and wait until all sites are known to be up and Alertmanager hears the collector."""
    programs = stage.programs
    programs.start_watchers(stage.ear.port)
    programs.start_collector()
    wait("the collector is ready", lambda: answers(programs.port, "/readyz"), 60)
    programs.start_agents()
    play = Play(stage)
    play.wait("Prometheus is ready", lambda: answers(programs.prometheus, "/-/ready"), 60)
    everyone = [site.id for site in SITES]
    play.wait("all sites are up", lambda: play.in_state("up", *everyone), 90)
    tells = "/api/v2/alerts?filter=alertname%3DPhusongCollectorTells"
    play.wait("Alertmanager hears the collector", lambda: ask(programs.alertmanager, tells), 60)
    watchdog = "/api/v2/alerts?filter=alertname%3DPhusongWatchdog"
    play.wait("Alertmanager hears Prometheus", lambda: ask(programs.alertmanager, watchdog), 60)
    play.wait("each agent is heard", lambda: _all_heard(programs.port), 60)


def _all_heard(port: int) -> bool:
    status = ask(port, "/api/v1/status")
    return bool(status) and all(agent["last_report"] is not None for agent in status["agents"])
