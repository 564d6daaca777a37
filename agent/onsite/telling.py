"""A ladder as sentences in one language: what it is, what to do, whom to call, each step; it knows no markup."""

from dataclasses import dataclass

from agent.onsite.advice import Case, case_of, is_just_now, places, whom_to_call
from agent.onsite.board import Rung
from agent.onsite.ladder import Ladder
from agent.onsite.moments import Dial, looked, silent, since
from agent.onsite.settings import Helpline, LocalPageSettings
from agent.onsite.steps import Doubt, Step
from agent.onsite.verdict import State, Verdict
from agent.onsite.words import Words

_SECOND = 1.0
_SHOWN_ADDRESSES = 3


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step of the ladder."""

    rung: Rung
    shape: str
    """State as it is drawn; ``passed`` where its own does not matter."""
    name: str
    hint: str
    word: str
    detail: str


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that the page says of one moment."""

    verdict: Verdict
    case: Case
    answer: str
    headline: str
    lead: str
    since: str
    actions: tuple[str, ...]
    calls: tuple[Helpline, ...]
    may_call: bool
    """Whether somebody could help, known or not."""
    steps: tuple[StepLine, ...]
    page_time: str


def tell(ladder: Ladder, settings: LocalPageSettings, words: Words, dial: Dial) -> Told:
    """The ladder in words."""
    case = case_of(ladder)
    sentences = words.cases[case]
    about = {"places": _places(case, ladder, words), "say": _say(case, ladder, settings, words, dial)}
    actions = tuple(action.format_map(about) for action in sentences.actions)
    if is_just_now(case, ladder, dial.now_ns):
        actions = (words.just_now, *actions)
    whose = whom_to_call(case)
    lines = sorted(
        (line for line in settings.helpline if line.whose in whose), key=lambda line: whose.index(line.whose)
    )
    return Told(
        verdict=ladder.verdict,
        case=case,
        answer=sentences.answer,
        headline=sentences.headline,
        lead=sentences.lead.format_map(about),
        since=_since(ladder, words, dial),
        actions=actions,
        calls=tuple(lines),
        may_call=bool(whose),
        steps=tuple(_line(step, words, dial, behind=_is_behind(step, ladder)) for step in ladder.steps),
        page_time=_page_time(words, dial),
    )


def _since(ladder: Ladder, words: Words, dial: Dial) -> str:
    if ladder.since_ns is None:
        return ""
    well = ladder.verdict is Verdict.ALL_WELL
    return since(dial, ladder.since_ns, words, at_least=ladder.at_least, well=well)


def _page_time(words: Words, dial: Dial) -> str:
    now = dial.moment(dial.now_ns)
    if now is None:
        return words.page_without_clock
    return words.page_time.format(when=words.on_day.format(time=f"{now:%H:%M:%S}", day=f"{now:%d/%m/%Y}"))


def _places(case: Case, ladder: Ladder, words: Words) -> str:
    steps = places(case, ladder)
    if case is Case.NAMES:
        return _addresses(next(step for step in steps if step.rung is Rung.NAMES))
    return ", ".join(words.rungs[step.rung] for step in steps)


def _say(case: Case, ladder: Ladder, settings: LocalPageSettings, words: Words, dial: Dial) -> str:
    """What to read out to the provider, with the contract where it is known and there is only one."""
    site = settings.title or words.here
    said = words.say_weak.format(site=site)
    if case is Case.PROVIDER and ladder.since_ns is not None:
        when = silent(dial, ladder.since_ns, words, at_least=ladder.at_least)
        said = words.say_provider.format(site=site, since=when)
    contracts = {line.contract for line in settings.helpline if line.contract}
    return f"{said} {words.say_contract.format(contract=contracts.pop())}" if len(contracts) == 1 else said


def _is_behind(step: Step, ladder: Ladder) -> bool:
    """Whether a fault nearer by explains that it does not answer."""
    nearer = (ladder.step(rung) for rung in (Rung.ROUTER, Rung.FIRST_HOP) if rung is not step.rung)
    failed = any(one.state is State.BAD and not one.passed for one in nearer)
    return failed and step.state is State.BAD and step.rung is not Rung.ROUTER


def _line(step: Step, words: Words, dial: Dial, *, behind: bool) -> StepLine:
    shape, word, detail = step.state.value, words.states[step.state], _detail(step, words, dial)
    if step.rung is Rung.UPLINK:
        word = {State.GOOD: words.takes, State.BAD: words.takes_nothing}.get(step.state, word)
        detail = _uplink_detail(step, words, dial)
    if behind and step.since_ns is not None:
        shape, word = "behind", words.unreachable
        detail = silent(dial, step.since_ns, words, at_least=step.at_least)
    if step.passed:
        shape, word = "passed", words.no_matter if step.state is State.BAD else words.proven
    return StepLine(step.rung, shape, words.rungs[step.rung], words.hints[step.rung], word, detail)


def _detail(step: Step, words: Words, dial: Dial) -> str:
    at = looked(dial, step.looked_ns, words) if step.looked_ns is not None else ""
    if step.state is State.BAD and step.since_ns is not None:
        return f"{silent(dial, step.since_ns, words, at_least=step.at_least)} · {_addresses(step)}"
    if step.state is State.UNKNOWN and not step.passed:
        if step.doubt is Doubt.MEASURING:
            return words.measuring
        return words.old.format(at=at) if at else words.never
    if not at:
        return ""
    parts = [*_weakness(step, words), words.looked.format(at=at)]
    return " · ".join(parts)


def _weakness(step: Step, words: Words) -> list[str]:
    if step.state is not State.SLOW_OR_LOSSY:
        return []
    parts = [words.lost.format(percent=round(100 * step.lost_share))] if step.lost_share else []
    if step.seconds:
        parts.append(words.slow.format(time=_delay(step.seconds, words)))
    if step.silent:
        parts.append(words.some_silent.format(addresses=_addresses(step)))
    return parts


def _uplink_detail(step: Step, words: Words, dial: Dial) -> str:
    if step.state is State.BAD and step.since_ns is not None:
        return silent(dial, step.since_ns, words, at_least=step.at_least)
    at = looked(dial, step.looked_ns, words) if step.looked_ns is not None else ""
    if at and step.state is State.UNKNOWN:
        at = words.took.format(at=at)
    if step.state is State.UNKNOWN and step.doubt is Doubt.MEASURING:
        return " · ".join(part for part in (words.trying, at) if part)
    return at


def _delay(seconds: float, words: Words) -> str:
    if seconds < _SECOND:
        return f"{round(seconds * 1000)} ms"
    return words.units[0].format(n=f"{seconds:.1f}".replace(".", words.decimal))


def _addresses(step: Step) -> str:
    shown = ", ".join(step.silent[:_SHOWN_ADDRESSES])
    return shown + (", …" if len(step.silent) > _SHOWN_ADDRESSES else "")
