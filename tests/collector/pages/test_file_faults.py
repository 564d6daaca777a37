"""Faults of a file of windows written by hand, and errors of a disk, are told in the language of whoever reads."""

import errno
import os
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from collector.calendar.maintenance import load_windows
from collector.pages.file_faults import file_fault_in, system_in
from collector.pages.vocabulary import language_in
from shared.settings import SettingsError
from tests.peers.story import communes

ENGLISH = re.compile(
    r"\b(the|is|are|not|must|needed|unknown|expected|write|give|known|missing|twice|known|than|nothing|list|map|text)\b"
)
WINDOW = "id: a, from: '2026-01-01 00:00', until: '2026-01-01 01:00', sites: [s0], who: lan, why: w"
FILES = {
    "": "tệp",
    "windows: {": "không đúng cú pháp YAML",
    "windows: [a: b: c]": "không đúng cú pháp YAML: cần ',' hoặc ']', nhưng lại là ':'",
    "windows:\n\t- id: a": "không đúng cú pháp YAML: ký tự",
    "windows: 7": "cần một danh sách, nhưng lại là số nguyên",
    "windows:\n- id: a\n  who: lan: x": "không đúng cú pháp YAML: dấu ':' không được đứng ở đây",
    "windows: [7]": "windows[0]: cần một nhóm khóa, nhưng lại là số nguyên",
    "windows: [{id: 7}]": "windows[0].id: cần chữ, nhưng lại là số nguyên: hãy đặt trong dấu ngoặc kép",
    "windows: []\nwindows: []": "dòng 2: khóa 'windows' có hai lần",
    "window: []": "không hiểu khóa 'window', có phải là 'windows'?",
    f"windows: [{{{WINDOW}, wo: x}}]": "không hiểu khóa 'wo', có phải là 'who'?",
    f"windows: [{{{WINDOW}, zzzzzz: x}}]": "không hiểu khóa 'zzzzzz', các khóa được dùng là",
    f"windows: [{{{WINDOW}, sites: [s9]}}]".replace(
        "sites: [s0], ", ""
    ): "windows[0].sites: 's9' không có trong danh mục",
    f"windows: [{{{WINDOW}}}, {{{WINDOW}}}]": "windows[1].id: 'a' bị trùng",
    f"windows: [{{{WINDOW}, weekly: {{days: [mon], at: 25:00, hours: 1}}}}]": "windows[0].weekly.at: ",
    f"windows: [{{{WINDOW}, weekly: {{days: [mon], at: '25:00', hours: 99}}}}]": "windows[0].weekly",
    f"windows: [{{{WINDOW}, weekly: {{days: [xyz], at: '02:00', hours: 1}}}}]": "giá trị 'xyz' không được dùng ở đây",
    f"windows: [{{{WINDOW}}}]".replace("id: a", "id: a b"): "windows[0].id: 'a b' có dấu cách: hãy viết 'a-b'",
    f"windows: [{{{WINDOW}}}]".replace("who: lan, ", ""): "windows[0]: thiếu khóa 'who'",
}


def faults_of(folder: Path, text: str) -> tuple[str, ...]:
    file = folder / "maintenance.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as told:
        load_windows(file, communes(3), ZoneInfo("Asia/Ho_Chi_Minh"))
    return told.value.problems


@pytest.mark.parametrize("text", FILES)
def test_a_fault_of_a_file_written_by_hand_is_told_in_the_readers_language(tmp_path: Path, text: str) -> None:
    problems = faults_of(tmp_path, text)
    vietnamese, english = ([file_fault_in(language_in(tag), line) for line in problems] for tag in ("vi", "en"))

    assert any(FILES[text] in line for line in vietnamese), vietnamese
    assert all(line.startswith("maintenance.yaml") for line in (*vietnamese, *english))
    plain = [re.sub(r"'[^']*'|while .*", "", line.partition("được dùng là")[0]) for line in vietnamese]
    assert [line for line in plain if ENGLISH.search(line)] == []
    assert [line for line, said in zip(problems, english, strict=True) if line.rpartition(": ")[2] not in said] == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EIO, errno.ENOENT, errno.EDQUOT])
def test_an_error_of_the_system_is_told_in_the_readers_language(number: int) -> None:
    what = os.strerror(number).lower()

    assert system_in(language_in("vi"), what) not in {what, ""}
    assert system_in(language_in("en"), what) == what
    assert file_fault_in(language_in("vi"), f"/x/maintenance.yaml: {what}").startswith("maintenance.yaml: ")
