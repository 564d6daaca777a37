"""What the judgement gives as a reason is told in both languages."""

import re
from pathlib import Path

import pytest

import collector
from collector.wall.language import language_in
from collector.wall.reasons import reason_in

JUDGE = Path(collector.__file__).parent / "judgement" / "judge.py"
REASONS = {
    "no fresh measurement of this site": "không có phép đo mới",
    "agent a-1 reports from the site itself": "phần mềm giám sát a-1 vẫn gửi",
    "RTT of 812 ms to r, measured by a": "độ trễ 812 ms đến r",
    "RTT 12 ms from r, measured by a": "r trả lời sau 12 ms",
    "replies from r, measured by a": "r trả lời, do a đo",
    "no reply from r in 1 run of a": "r không trả lời trong 1 lần đo của a",
    "r answers again, 2 runs of a so far": "r đã trả lời lại, mới 2 lần đo của a",
    "40% loss to r over 5 runs of a": "mất 40 % gói tin đến r",
    "maintenance; no reply from r in 3 runs of a": "bảo trì; r không trả lời",
    "no reply from r in 3 runs of a; but agent b reports from the site itself": "nhưng phần mềm giám sát b",
}


@pytest.mark.parametrize("reason", REASONS)
def test_a_reason_of_the_judgement_is_told_in_both_languages(reason: str) -> None:
    assert REASONS[reason] in reason_in(language_in("vi"), reason)
    assert reason_in(language_in("en"), reason).replace(" %", "%") == reason


def test_the_judgement_gives_no_reason_of_another_form() -> None:
    """Each f-string of its module that becomes a reason has a form: a new one wants a new line in ``reasons``."""
    source = JUDGE.read_text()
    source = re.sub(r"\{_runs\(.*?\)\}", "7 runs", source).replace("{told}", "replies").replace("{loss:.0%}", "7%")
    filled = [re.sub(r"\{[^{}]*\}", "7", text) for text in re.findall(r'f"([^"]{12,})"', source)]
    vietnamese = language_in("vi")
    kept = [text for text in filled if reason_in(vietnamese, text) == text and text not in {"RTT 7 ms", "7 runs"}]

    assert len(filled) >= 7
    assert kept == []


def test_an_unknown_language_is_vietnamese() -> None:
    assert language_in("../../etc").say("Down") == "Mất kết nối"
