"""A line that comes and goes is a few messages, whatever the hour; what somebody took up stays taken up."""

import msgspec

from collector.incident import Incident, Scope, Trouble
from collector.notify.message import Audience, Kind
from collector.notify.plan import plan
from collector.notify.policy import Rules
from collector.notify.told import Told
from tests.peers.incidents import HOUR_NS, MINUTE_NS, NOON_NS, SECOND_NS, incident

HUB = {"scope": Scope.HUB, "subject": "H02", "sites": ("a", "b", "c"), "still": ("a", "b", "c")}


def told_of(
    versions: list[Incident], until_ns: int, *, quiet_until_ns: int | None = None, taken: int | None = None
) -> list[tuple[int, Kind]]:
    """What people are told, and at which second, as versions come true one after the other."""
    book: dict[int, Told] = {}
    told = []
    for now_ns in range(NOON_NS, until_ns, 5 * SECOND_NS):
        current = [one for one in versions if one.at_ns <= now_ns][-1:]
        quiet = quiet_until_ns if quiet_until_ns is not None and now_ns < quiet_until_ns else None
        taken_by = {7: taken} if taken is not None and taken <= now_ns else {}
        for step in plan(
            current,
            book,
            now_ns,
            Rules(),
            audience=Audience.PEOPLE,
            quiet_until_ns=quiet,
            levels=2,
            taken=taken_by,
        ).steps:
            book[step.note.incident.number] = step.told
            told.append(((now_ns - NOON_NS) // SECOND_NS, step.note.kind))
    return told


def flaps(times: int, down_s: int, up_s: int, **given: object) -> list[Incident]:
    """Versions as the judgement writes them: known after 22 s, its end after 8 s, flapping from the third return on."""
    versions: list[Incident] = []
    for turn in range(times):
        lost_ns = NOON_NS + turn * (down_s + up_s) * SECOND_NS
        trouble = Trouble.FLAPPING if turn >= 3 else Trouble.DOWN
        lost = incident(
            7, **given, trouble=trouble, version=len(versions) + 1, at_ns=lost_ns + 22 * SECOND_NS, ended_ns=None
        )
        back_ns = lost_ns + down_s * SECOND_NS
        back = msgspec.structs.replace(
            lost, version=lost.version + 1, at_ns=back_ns + 8 * SECOND_NS, ended_ns=back_ns, still=()
        )
        versions += [lost, back]
    return versions


def test_a_line_that_flaps_for_long_is_a_few_messages() -> None:
    kinds = [kind for _, kind in told_of(flaps(12, 75, 105), NOON_NS + 2 * HOUR_NS)]

    assert kinds == [Kind.NEW, Kind.RESOLVED, Kind.NEW, Kind.UPDATE, Kind.RESOLVED]


def test_its_end_is_told_once_it_has_been_calm_for_long() -> None:
    versions = flaps(12, 75, 105)
    last = told_of(versions, NOON_NS + 2 * HOUR_NS)[-1]
    ended_ns = versions[-1].ended_ns or 0

    assert last == ((ended_ns - NOON_NS) // SECOND_NS + 600, Kind.RESOLVED)


def test_a_hub_that_flaps_and_then_stays_away_wakes_somebody_and_goes_on_to_the_next_level() -> None:
    versions = flaps(4, 90, 210, **HUB)
    lost = msgspec.structs.replace(
        versions[-2],
        version=versions[-1].version + 1,
        at_ns=versions[-1].at_ns + 220 * SECOND_NS,
        trouble=Trouble.FLAPPING,
    )
    told = told_of([*versions, lost], NOON_NS + 3 * HOUR_NS, quiet_until_ns=NOON_NS + 8 * HOUR_NS)

    assert Kind.NEW in [kind for _, kind in told]
    assert Kind.ESCALATED in [kind for at_s, kind in told if at_s > (lost.at_ns - NOON_NS) // SECOND_NS]
    assert len([kind for at_s, kind in told if at_s < (lost.at_ns - NOON_NS) // SECOND_NS]) <= 5


def test_a_fault_that_came_back_stays_with_who_took_it_up() -> None:
    taken_ns = NOON_NS + MINUTE_NS
    told = told_of(flaps(3, 90, 210, **HUB), NOON_NS + HOUR_NS, taken=taken_ns)

    assert Kind.ESCALATED not in [kind for _, kind in told]


def test_what_was_taken_up_in_quiet_hours_is_told_in_the_morning_and_never_escalated() -> None:
    important = Rules(important=("00898",))
    lost = incident(7)
    book: dict[int, Told] = {}
    kinds = []
    for hour in range(6):
        now_ns = NOON_NS + hour * HOUR_NS
        steps = plan([lost], book, now_ns, important, audience=Audience.PEOPLE, levels=2, taken={7: NOON_NS}).steps
        for step in steps:
            book[7] = step.told
            kinds.append(step.note.kind)

    assert kinds == [Kind.NEW]
