"""Both languages say everything, name the same things, and hold no word of the other's."""

import re
import string
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, timedelta, timezone
from typing import Any

import pytest

from agent.onsite.advice import Case, case_of, whom_to_call
from agent.onsite.board import Rung
from agent.onsite.english import ENGLISH
from agent.onsite.ladder import Ladder, concluded
from agent.onsite.moments import Dial, since, span
from agent.onsite.settings import Helpline, LocalPageSettings
from agent.onsite.steps import Doubt, Step
from agent.onsite.telling import tell
from agent.onsite.verdict import State, Verdict
from agent.onsite.vietnamese import VIETNAMESE
from agent.onsite.words import Words
from tests.peers.village import SECOND_NS

LANGUAGES = (VIETNAMESE, ENGLISH)
HANOI = timezone(timedelta(hours=7))
NOW_NS, WALL_NS = 100_000 * SECOND_NS, 1_795_926_391 * SECOND_NS
LINES = (
    Helpline(whose="province", who="Tổ CNTT", telephone="0219 3866 000"),
    Helpline(whose="provider", who="VNPT", telephone="1800 1166", contract="X-1"),
)
SETTINGS = LocalPageSettings(listen="127.0.0.1:8088", title="UBND xã Quản Bạ", helpline=LINES)


def texts(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Every sentence with its place."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, tuple):
        for number, one in enumerate(value):
            yield from texts(one, f"{place}[{number}]")
    elif is_dataclass(value):
        for field in fields(value):
            yield from texts(getattr(value, field.name), f"{place}.{field.name}")
    else:
        for key, one in value.items():
            yield from texts(one, f"{place}.{key}")


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def step(rung: Rung, state: State, **more: Any) -> Step:
    silent = (f"{rung.value}.address",) if state is State.BAD else ()
    doubt = Doubt.OLD if state is State.UNKNOWN else None
    known = state not in {State.NOT_WATCHED, State.UNKNOWN}
    since_ns = NOW_NS - 840 * SECOND_NS if known else None
    return Step(
        rung,
        state,
        **{"since_ns": since_ns, "looked_ns": NOW_NS - SECOND_NS, "doubt": doubt, "silent": silent, **more},
    )


def ladder(letters: str, **more: Any) -> Ladder:
    """Six letters: good, bad, slow, unknown, not watched."""
    by_letter = {state.value[0]: state for state in State}
    steps = [step(rung, by_letter[letter], **more) for rung, letter in zip(Rung, letters, strict=True)]
    return concluded(steps, own_link=None)


def doubtful(doubt: Doubt) -> Ladder:
    return Ladder(ladder("uuuuuu").steps, Verdict.NOT_KNOWN, doubt)


SCENES = {
    Case.ALL_WELL: ladder("gggggg"),
    Case.INSIDE: ladder("bbbbbb"),
    Case.PROVIDER: ladder("gbbbbb"),
    Case.BEYOND: ladder("ggbgbg"),
    Case.COLLECTOR: ladder("gggggb"),
    Case.NAMES: ladder("gggbbg"),
    Case.WEAK_INSIDE: ladder("sggggg", lost_share=0.24),
    Case.WEAK_LINE: ladder("gssggg", seconds=1.25),
    Case.WEAK_SERVICE: ladder("gggsgg", silent=("10.0.0.53",)),
    Case.OWN_LINK: doubtful(Doubt.OWN_LINK),
    Case.UNWATCHED: doubtful(Doubt.UNWATCHED),
    Case.MEASURING: doubtful(Doubt.MEASURING),
    Case.OLD: doubtful(Doubt.OLD),
    Case.UNCLEAR: doubtful(Doubt.UNCLEAR),
}


def said(case: Case, words: Words, wall_ns: int | None = WALL_NS) -> str:
    told = tell(SCENES[case], SETTINGS, words, Dial(NOW_NS, wall_ns, HANOI))
    lines = [told.answer, told.headline, told.lead, told.since, *told.actions, told.page_time]
    return "\n".join([*lines, *(f"{step.name} {step.hint} {step.word} {step.detail}" for step in told.steps)])


def test_both_languages_have_a_sentence_for_everything() -> None:
    for words in LANGUAGES:
        assert set(words.cases) == set(Case)
        assert set(words.rungs) == set(words.hints) == set(Rung)
        assert set(words.states) == set(State)
        empty = {place for place, text in texts(words) if not text.strip()}
        assert all(place.startswith(".hints.") for place in empty)


def test_both_languages_name_the_same_things() -> None:
    vietnamese, english = dict(texts(VIETNAMESE)), dict(texts(ENGLISH))

    assert vietnamese.keys() == english.keys()
    assert {p for p, text in vietnamese.items() if placeholders(text) != placeholders(english[p])} == set()


def test_no_sentence_of_one_language_stands_in_the_other() -> None:
    """Only the name of the other language is in it."""
    vietnamese, english = dict(texts(VIETNAMESE)), dict(texts(ENGLISH))
    same = {place for place, text in vietnamese.items() if text == english[place] and any(map(str.isalpha, text))}

    assert same <= {".page_time"}
    assert [place for place, text in english.items() if not text.isascii() and not set(text) & set("“”·…")] == [
        ".other_name"
    ]


@pytest.mark.parametrize("case", list(Case))
@pytest.mark.parametrize("words", LANGUAGES, ids=lambda words: words.tag)
@pytest.mark.parametrize("wall_ns", [WALL_NS, None], ids=["clock", "no clock"])
def test_each_case_is_told_whole(case: Case, words: Words, wall_ns: int | None) -> None:
    assert case_of(SCENES[case]) is case
    text = said(case, words, wall_ns)

    assert "{" not in text
    assert "None" not in text
    assert words.cases[case].headline in text
    assert bool(re.search(r"\d\d:\d\d", text)) is (wall_ns is not None), "times of day where the time is known only"


def test_what_to_read_out_to_the_provider_has_site_time_and_contract() -> None:
    assert (
        "“Mạng của UBND xã Quản Bạ mất kết nối từ 11:12. Router của chúng tôi vẫn hoạt động. Số hợp đồng X-1.”"
        in said(Case.PROVIDER, VIETNAMESE)
    )
    assert "has been down since 11:12. Our router works. Contract number X-1.”" in said(Case.PROVIDER, ENGLISH)
    assert "has been down for 14 min. Our router works." in said(Case.PROVIDER, ENGLISH, None)


def test_of_several_contracts_none_is_read_out() -> None:
    other = Helpline(whose="provider", who="Viettel", telephone="1800 8000", contract="Y-2")
    settings = LocalPageSettings(listen="127.0.0.1:8088", helpline=(*LINES, other))
    told = tell(SCENES[Case.PROVIDER], settings, ENGLISH, Dial(NOW_NS, WALL_NS, HANOI))

    assert "Contract" not in told.actions[0]
    assert {line.contract for line in told.calls} == {"", "X-1", "Y-2"}


def test_who_helps_stands_first_and_who_cannot_is_not_shown() -> None:
    def called(case: Case) -> list[str]:
        return [line.whose for line in tell(SCENES[case], SETTINGS, ENGLISH, Dial(NOW_NS, WALL_NS, HANOI)).calls]

    assert called(Case.PROVIDER) == ["provider", "province"]
    assert called(Case.INSIDE) == called(Case.BEYOND) == ["province"]
    assert called(Case.ALL_WELL) == called(Case.MEASURING) == []
    assert all(whose in {"provider", "province"} for case in Case for whose in whom_to_call(case))


def test_a_fault_of_this_minute_is_waited_for_first() -> None:
    fresh = ladder("gbbbbb", since_ns=NOW_NS - 59 * SECOND_NS)
    older = ladder("gbbbbb", since_ns=NOW_NS - 60 * SECOND_NS)
    dial = Dial(NOW_NS, WALL_NS, HANOI)

    assert tell(fresh, SETTINGS, ENGLISH, dial).actions[0] == ENGLISH.just_now
    assert ENGLISH.just_now not in tell(older, SETTINGS, ENGLISH, dial).actions


def test_only_the_nearest_fault_is_drawn_as_one() -> None:
    def shapes(case: Case) -> list[str]:
        return [line.shape for line in tell(SCENES[case], SETTINGS, ENGLISH, Dial(NOW_NS, WALL_NS, HANOI)).steps]

    assert shapes(Case.INSIDE) == ["bad"] + ["behind"] * 5
    assert shapes(Case.PROVIDER) == ["good", "bad"] + ["behind"] * 4
    assert shapes(Case.BEYOND) == ["good", "good", "bad", "good", "bad", "good"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0 s"), (59, "59 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (7260, "2 h 1 min"), (172_800, "2 d")],
)
def test_durations_have_their_unit(seconds: float, text: str) -> None:
    assert span(seconds, ENGLISH) == text


def test_a_moment_of_another_day_has_its_date() -> None:
    dial = Dial(NOW_NS, WALL_NS, UTC)

    assert (
        since(dial, NOW_NS - 86_400 * SECOND_NS, ENGLISH, at_least=False, well=False) == "Since 04:26 on 28/11 (24 h)"
    )
