"""What people read: cause, place, since when, how many; and that every telephone can show it."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.incident import Cause, Clue, Confidence, Scope, Trouble
from collector.inventory.site import Inventory, Link, Site
from collector.judgement.clues import ClueKind
from collector.notify.message import Kind, Note, Text, Urgency
from collector.notify.sms import CHARACTERS, plain
from collector.notify.text import Places, compose, lasted
from collector.notify.vocabulary import words_in
from collector.notify.words import ENGLISH, Words
from tests.peers.incidents import HOUR_NS, MINUTE_NS, NOON_NS, incident

VNPT = (Link(name="main", provider="VNPT"),)
INVENTORY = Inventory(
    (
        *(Site(id=f"{n:05}", name=f"Xã {n}", hub="H02", links=VNPT) for n in range(30)),
        Site(id="00898", name="Quản Bạ", hub="H02", links=VNPT),
        Site(id="long", name="Thị trấn " + "Đồng Văn ƯỜ " * 20),
    )
)
VIETNAMESE = words_in("vi")
PLACES = Places(INVENTORY, ZoneInfo("Asia/Ho_Chi_Minh"))
BASIC = set("@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà")


def note(kind: Kind = Kind.NEW, *, before: Any = None, **given: Any) -> Note:
    one = incident(**given)
    return Note(kind=kind, urgency=Urgency.WARNING, incident=one, created_ns=NOON_NS, thread=7, before=before)


def said(of: Note, words: Words = VIETNAMESE, link: str = "") -> Text:
    return compose(of, PLACES, words, link)


def test_a_site_is_told_with_cause_place_time_and_number() -> None:
    clue = Clue(kind=ClueKind.LAN_WELL, at_ns=NOON_NS, site="00898")
    text = said(note(clues=(clue,)))

    assert text.subject == "[phusong] SỰ CỐ: Quản Bạ, mất kết nối từ lúc 12:00 25/11: đường truyền (VNPT)"
    assert text.body.splitlines() == [
        "SỰ CỐ",
        "Nơi: Quản Bạ",
        "Tình trạng: mất kết nối",
        "Số điểm: 1 điểm (còn 1)",
        "Nguyên nhân: đường truyền (VNPT) (tạm thời)",
        "Từ lúc: 12:00 25/11",
        "Bằng chứng:",
        "- từ bên trong điểm, router vẫn trả lời",
        "Sự cố số 7",
    ]
    assert text.sms == (
        "phusong SU CO: Quan Ba mat ket noi tu luc 12:00 25/11, 1 diem. Nguyen nhan: duong truyen (VNPT). #7"
    )


def test_a_mass_event_is_one_text_with_how_many_of_how_many() -> None:
    sites = tuple(f"{n:05}" for n in range(25))
    text = said(note(scope=Scope.HUB, subject="H02", cause=Cause.HUB, sites=sites, still=sites[:3]), ENGLISH)

    assert "Sites: 25 of 31 sites (3 still)" in text.body
    assert "Where: hub H02" in text.body
    assert text.body.splitlines()[-2].endswith("Xã 19 and 5 more")
    assert text.sms.startswith("phusong INCIDENT: hub H02 down since 12:00 25/11, 25 of 31 sites.")


def test_a_mass_event_says_how_many_others_have_no_power() -> None:
    clues = (Clue(kind=ClueKind.OTHERS_DARK, at_ns=0, subject="VNPT", value=5.0),)
    told = said(note(scope=Scope.PROVIDER, subject="VNPT", clues=clues), ENGLISH)

    assert "; 5 others without power" in told.body
    assert "; 5 others without power" in told.sms


def test_an_update_says_what_was_told_before_and_an_end_how_long_it_was() -> None:
    update = said(note(Kind.UPDATE, before=incident(), cause=Cause.POWER), ENGLISH)
    end = said(note(Kind.RESOLVED, ended_ns=NOON_NS + HOUR_NS + 8 * MINUTE_NS), ENGLISH)

    assert "Cause: power failure (provisional; told before: access link)" in update.body
    assert "Since: 12:00 25/11 until 13:08 25/11 (lasted 1 h 8 min)" in end.body


def test_a_trial_says_that_it_is_one() -> None:
    text = said(note(number=-20261125, subject="canary", sites=("canary",)))

    assert text.subject.startswith("[phusong] THỬ NGHIỆM SỰ CỐ: điểm thử")
    assert "không phải sự cố" in text.body
    assert text.sms.startswith("phusong THU NGHIEM SU CO: diem thu")


def test_the_link_goes_into_an_sms_only_as_a_whole() -> None:
    short, long = "https://phusong.example/a/7.ha.abc", "https://phusong.example/a/" + "x" * 60

    assert said(note(), link=short).sms.endswith(f"#7 {short}")
    assert said(note(), link=long).sms.endswith("#7")


@pytest.mark.parametrize("words", [VIETNAMESE, ENGLISH], ids=["vi", "en"])
def test_every_word_of_the_judgement_has_a_text(words: Words) -> None:
    assert set(words.causes) == set(Cause)
    assert set(words.scopes) == set(Scope)
    assert set(words.troubles) == set(Trouble)
    assert set(words.kinds) == set(Kind)
    assert set(words.clues) == set(VIETNAMESE.clues) <= set(ClueKind)
    assert set(words.confidences) == set(Confidence)
    assert set(words.labels) == set(VIETNAMESE.labels)


@given(
    st.sampled_from(Kind),
    st.sampled_from(Scope),
    st.sampled_from(Cause),
    st.text(max_size=200) | st.sampled_from(["long", "00898"]),
    st.integers(1, 10**12),
    st.sampled_from([VIETNAMESE, ENGLISH]),
)
def test_an_sms_is_one_message_of_the_default_alphabet_and_never_loses_the_cause(  # noqa: PLR0917 - one a dimension
    kind: Kind, scope: Scope, cause: Cause, subject: str, number: int, words: Words
) -> None:
    one = note(kind, scope=scope, cause=cause, subject=subject, number=number, ended_ns=NOON_NS + HOUR_NS)
    text = said(one, words)

    assert len(text.sms) <= CHARACTERS
    assert all(sign in BASIC or (sign.isascii() and sign.isalnum()) for sign in text.sms)
    assert plain(words.causes[cause]) in text.sms
    assert text.sms.endswith(f"#{number}")
    assert "12:00 25/11" in text.sms
    assert len(text.subject.splitlines()) == 1


def test_vietnamese_loses_its_diacritics_and_nothing_else() -> None:
    assert plain("Đường truyền Yên Định – Mèo Vạc") == "Duong truyen Yen Dinh - Meo Vac"
    assert plain("日[]") == "???"


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0 s"), (59, "59 s"), (3600, "1 h"), (90_061, "1 d 1 h")])
def test_a_duration_is_short(seconds: int, shown: str) -> None:
    assert lasted(seconds, ENGLISH) == shown
