"""What people would have been sent in a replay, by the collector's own policy, and how much of it with reason; pure.

Nobody acknowledges anything, so that what is critical is repeated for as long as it lasts.
"""

import heapq
from bisect import bisect_right
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import time, timedelta, timezone

from collector.incident import Incident, Trouble
from collector.judgement.settings import JudgementSettings
from collector.notify.hours import quiet_until
from collector.notify.message import Audience, Kind, Note
from collector.notify.plan import Step, plan
from collector.notify.policy import Rules
from collector.notify.told import Told
from lab.world.causes import ratio
from lab.world.matching import explained, owner
from lab.world.stories import Story, stories
from lab.world.truth import Happening
from lab.world.when import DAY_SECONDS, SECOND_NS, seconds_of, wall_ns

_ZONE = timezone(timedelta(hours=7))
_QUIET = (time(22), time(6))
"""As the settings have it where they say nothing else."""
_RULES = Rules()
_DAY_NS = DAY_SECONDS * SECOND_NS
_LATEST_SECONDS = float(DAY_SECONDS)
"""What is over is told so long after the end of a replay at the latest: in the morning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageScore:
    """The figures of what people were sent."""

    messages: int
    """By all that calls and by what only serves badly, without quiet hours."""
    messages_by_kind: dict[str, int]
    messages_per_fault: float | None
    """Those of which a fault is the reason, for each fault that has one."""
    false_messages: int
    told_degraded: int
    """Incidents of lines that serve badly of which somebody was told."""
    false_degraded: int
    """Of those, the ones for which there was no reason."""
    quiet_messages: int
    """The same with quiet hours from 22:00 to 06:00, in which only what is critical is told."""
    quiet_messages_by_kind: dict[str, int]
    quiet_messages_per_fault: float | None


def message_score(
    truth: Sequence[Happening], versions: Sequence[Incident], seconds: float, loss: float
) -> MessageScore:
    """``loss``: share of echoes that every line loses by chance; where it is a fault by itself, all are degraded."""
    every = {story.number: story for story in stories(versions)}
    reasons = {number: Reasons(story, truth) for number, story in every.items()}
    plain, quiet = (tuple(sent(versions, seconds, quiet=hours)) for hours in (None, _QUIET))
    poor = {note.incident.number for note in plain if every[note.incident.number].trouble is Trouble.DEGRADED}
    groundless = {number for number, reason in reasons.items() if not reason.explained}
    if loss >= JudgementSettings().degraded_loss_ratio:
        groundless -= poor
    return MessageScore(
        messages=len(plain),
        messages_by_kind=_by_kind(plain),
        messages_per_fault=_per_fault(plain, reasons),
        false_messages=sum(note.incident.number in groundless for note in plain),
        told_degraded=len(poor),
        false_degraded=len(poor & groundless),
        quiet_messages=len(quiet),
        quiet_messages_by_kind=_by_kind(quiet),
        quiet_messages_per_fault=_per_fault(quiet, reasons),
    )


class Reasons:
    """The faults for which it is right to tell of an incident."""

    def __init__(self, story: Story, truth: Sequence[Happening]) -> None:
        """A line that was bad only while it was lost is no bad line any more once it is back."""
        if story.trouble is Trouble.DEGRADED:
            mays = [one for one in truth if one.degrades or (one.outages and story.began <= one.ends)]
            self.explained = explained(story, mays)
        else:
            mays = [one for one in truth if one.may_tell or one.hushes]
            self.explained = explained(story, mays, [one for one in truth if one.outages])
        self._tellings = story.tellings
        self._owners = [owner(story, mays, telling) if self.explained else None for telling in story.tellings]

    def of(self, note: Note) -> int | None:
        """Number of the fault that a message is about: of the telling that was the newest when it was sent."""
        at = seconds_of(note.created_ns)
        begun = bisect_right([telling.since for telling in self._tellings], at)
        found = self._owners[max(0, begun - 1)]
        return found.number if found is not None else None


def sent(versions: Sequence[Incident], seconds: float, *, quiet: tuple[time, time] | None) -> Iterator[Note]:
    """All messages to people, in their order; after the end of the replay only of what is over."""
    desk = _Desk(quiet)
    ahead = deque(versions)
    while (now_ns := desk.next_ns(ahead[0].at_ns if ahead else None)) is not None:
        if now_ns > wall_ns(seconds + _LATEST_SECONDS):
            break
        while ahead and ahead[0].at_ns <= now_ns:
            desk.take(ahead.popleft())
        yield from desk.look(now_ns, ended=now_ns > wall_ns(seconds))


class _Desk:
    """The collector's teller, asked about an incident only where a new version or a limit of time can change it."""

    def __init__(self, quiet: tuple[time, time] | None) -> None:
        self._quiet = quiet
        self._newest: dict[int, Incident] = {}
        self._folded: dict[int, set[int]] = defaultdict(set)
        self._book: dict[int, Told] = {}
        self._changed: set[int] = set()
        self._wakes: list[tuple[int, int]] = []

    def next_ns(self, version_ns: int | None) -> int | None:
        """When there is something to look at."""
        times = [at_ns for at_ns in (version_ns, self._wakes[0][0] if self._wakes else None) if at_ns is not None]
        return min(times, default=None)

    def take(self, version: Incident) -> None:
        """A new version."""
        self._newest[version.number] = version
        self._changed.add(version.number)
        if version.folded_into is not None:
            self._folded[version.folded_into].add(version.number)
            self._changed.add(version.folded_into)

    def look(self, now_ns: int, *, ended: bool) -> list[Note]:
        """What is sent now; what lasts when everything has ended is told no more."""
        while self._wakes and self._wakes[0][0] <= now_ns:
            self._changed.add(heapq.heappop(self._wakes)[1])
        due = [n for n in sorted(self._changed) if n in self._newest and not (ended and self._newest[n].is_open)]
        self._changed.clear()
        steps = [step for number in due for step in self._plan(number, now_ns)]
        self._book |= {step.note.incident.number: step.told for step in steps}
        return [step.note for step in steps if step.note.kind is not Kind.WITHDRAWN]

    def _plan(self, number: int, now_ns: int) -> list[Step]:
        """Beside the incident stands what was folded into it: whoever was told of that is told as of the same."""
        since_ns = now_ns - _DAY_NS
        others = (self._newest[one] for one in self._folded.get(number, ()))
        found = plan(
            [self._newest[number], *(one for one in others if one.ended_ns is None or one.ended_ns >= since_ns)],
            self._book,
            now_ns,
            _RULES,
            audience=Audience.PEOPLE,
            quiet_until_ns=quiet_until(now_ns, *self._quiet, _ZONE) if self._quiet is not None else None,
        )
        mine = [step for step in found.steps if step.note.incident.number == number]
        wake_ns = now_ns + SECOND_NS if mine else found.wake_ns
        if wake_ns is not None:
            heapq.heappush(self._wakes, (wake_ns, number))
        return mine


def _by_kind(notes: Iterable[Note]) -> dict[str, int]:
    counted = Counter(note.kind for note in notes)
    return {kind.value: counted[kind] for kind in Kind if kind is not Kind.WITHDRAWN}


def _per_fault(notes: Iterable[Note], reasons: Mapping[int, Reasons]) -> float | None:
    owners = [fault for note in notes if (fault := reasons[note.incident.number].of(note)) is not None]
    return ratio(len(owners), len(set(owners)))
