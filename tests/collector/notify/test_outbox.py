"""Stored first, told after: whatever crashes when, nothing that was decided is lost, and a story has one begin."""

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from collector.incident import Cause
from collector.notify.message import Audience, Kind
from tests.peers.incidents import HOUR_NS, MINUTE_NS, SECOND_NS, incident
from tests.peers.recorder import Crash
from tests.peers.telling import Telling, recorder

MODES = st.sampled_from(["take", "later"])
MEMORY = Path("/dev/shm")  # noqa: S108 - a power cut of these is one of our program, not of the disk: no fsync is waited for
ENDS = {Kind.RESOLVED, Kind.PAST}


class Outages(RuleBasedStateMachine):
    """Incidents come, change, fold and end; channels fail; the power goes at any moment."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        self.channels = {
            "phone": recorder("phone"),
            "mail": recorder("mail"),
            "am": recorder("am", Audience.STANDING),
        }
        self.telling = Telling(self.folder / "notify.sqlite", self.channels)
        self.run(self.telling.open())
        self.next = 1

    def run(self, work: Any) -> None:
        self.runner.run(work)

    def write(self, number: int, **changes: Any) -> None:
        now_ns = self.telling.clock.now_ns
        known = self.telling.journal.versions(number)
        if known:
            one = msgspec.structs.replace(known[-1], version=known[-1].version + 1, at_ns=now_ns, **changes)
        else:
            one = incident(number, began_ns=now_ns, known_ns=now_ns, at_ns=now_ns, **changes)
        self.telling.journal.write([], [one])

    @rule(sites=st.sampled_from([("00898",), ("00899",), ("00898", "00899")]))
    def something_breaks(self, sites: tuple[str, ...]) -> None:
        self.write(self.next, sites=sites)
        self.next += 1

    @precondition(lambda self: self.next > 1)
    @rule(data=st.data(), cause=st.sampled_from(Cause))
    def its_cause_changes(self, data: st.DataObject, cause: Cause) -> None:
        self.write(data.draw(st.integers(1, self.next - 1)), cause=cause)

    @precondition(lambda self: self.next > 1)
    @rule(data=st.data(), ends=st.booleans())
    def it_ends_or_breaks_again(self, data: st.DataObject, ends: bool) -> None:
        number = data.draw(st.integers(1, self.next - 1))
        self.write(number, ended_ns=self.telling.clock.now_ns if ends else None)

    @precondition(lambda self: self.next > 2)
    @rule(data=st.data())
    def it_is_folded_into_a_later_one(self, data: st.DataObject) -> None:
        number = data.draw(st.integers(1, self.next - 2))
        self.write(number, silent_because="folded", folded_into=self.next - 1)

    @rule(data=st.data(), seconds=st.sampled_from([1, 16, 60, 400, 1800]))
    def time_passes_and_the_desk_works(self, data: st.DataObject, seconds: int) -> None:
        """Each channel may fail, and the power may go before or after a message was heard."""
        self.telling.clock.now_ns += seconds * SECOND_NS
        for channel in self.channels.values():
            channel.gateway.mode = data.draw(MODES)
            channel.crashes = data.draw(st.sampled_from(["", "", "", "before", "after"]))
        try:
            self.run(self.telling.turn())
        except Crash:
            self.restart()

    @rule()
    def restart(self) -> None:
        self.run(self.telling.close())
        self.run(self.telling.open())

    @invariant()
    def no_end_is_heard_without_a_begin(self) -> None:
        for channel in self.channels.values():
            if channel.audience is Audience.PEOPLE:
                for number, story in self.stories(channel).items():
                    begun = False
                    for kind in story:
                        assert begun or kind is not Kind.RESOLVED or self.inherits(number), story
                        begun = kind not in ENDS

    def stories(self, channel: Any) -> dict[int, list[Kind]]:
        """Kinds by incident, without repeats."""
        heard: dict[int, dict[str, Kind]] = {}
        for message in channel.heard:
            heard.setdefault(message.note.incident.number, {})[message.key] = message.note.kind
        return {number: list(story.values()) for number, story in heard.items()}

    def inherits(self, number: int) -> bool:
        numbers = range(1, self.next)
        return any(each.folded_into == number for one in numbers for each in self.telling.journal.versions(one))

    def teardown(self) -> None:
        try:
            self.everybody_knows_how_it_stands()
        finally:
            self.run(self.telling.close())
            self.runner.close()
            shutil.rmtree(self.folder)

    def everybody_knows_how_it_stands(self) -> None:
        """Once everything works again."""
        for channel in self.channels.values():
            channel.gateway.mode, channel.crashes = "take", ""
        for _ in range(4):
            self.run(self.telling.turn())
            self.telling.clock.now_ns += 9 * HOUR_NS if self.quiet() else 10 * MINUTE_NS
        self.run(self.telling.turn())
        for name, channel in self.channels.items():
            assert self.runner.run(self.telling.outbox.waiting(name)) == []
            book = self.runner.run(self.telling.outbox.book(channel.audience))
            last = {message.note.incident.number: message.note for message in channel.heard}
            for number, told in book.items():
                if told.kind is not Kind.WITHDRAWN or channel.audience is Audience.STANDING:
                    assert last[number].incident == told.incident
                    assert (last[number].kind in ENDS) == (told.kind in ENDS)

    def quiet(self) -> bool:
        return not 6 <= (self.telling.clock.now_ns // HOUR_NS + 7) % 24 < 22


Outages.TestCase.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
TestOutages = Outages.TestCase
