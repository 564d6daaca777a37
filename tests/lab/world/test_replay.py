"""The whole replay through its command: a short universe with faults of one's own."""

import json
import subprocess
import sys
from pathlib import Path

FAULTS = """faults:
  - {kind: fibre_cut, where: hg-00826, begins_seconds: 900, lasts_seconds: 600}
"""


def replay(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lab", "replay", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_an_hour_of_twenty_sites_is_scored(tmp_path: Path) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text(FAULTS, encoding="utf-8")
    done = replay("--days", "0.0417", "--sites", "20", "--seed", "5", "--faults", str(path), "--json")

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["faults"], found["pages"], found["false_pages"]) == (1, 1, 0)
    assert found["recall_of_outages"] == 1.0
    assert found["detect_p99_seconds"] <= 30
    assert found["causes"]["confusion"] == {"access_link": {"access_link": 1}}


def test_a_mistake_in_the_file_is_one_line_with_the_nearest_right_word(tmp_path: Path) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text(FAULTS.replace("fibre_cut", "fiber_cut"), encoding="utf-8")
    done = replay("--days", "0.01", "--faults", str(path))

    assert done.returncode == 2
    assert done.stderr.strip().endswith("faults[0].kind: no kind of fault 'fiber_cut', did you mean 'fibre_cut'?")
    assert "Traceback" not in done.stderr


def test_without_a_number_of_days_a_file_is_lived_to_its_end_and_cut_only_where_somebody_says_so(
    tmp_path: Path,
) -> None:
    path = tmp_path / "faults.json"
    text = '{"faults": [\n\t{"kind": "fibre_cut", "where": "%s", "begins_seconds": 9e2, "lasts_seconds": 6e2}\n]}'
    path.write_text(text % "hg-00688", encoding="utf-8")
    whole = replay("--sites", "1", "--faults", str(path), "--json")
    found = json.loads(whole.stdout)

    assert (whole.returncode, whole.stderr) == (0, "")
    assert (found["days"], found["outages"], found["recall_of_outages"]) == (round((1500 + 3600) / 86_400, 4), 1, 1.0)
    assert (found["messages"], found["messages_by_kind"]["resolved"], found["false_messages"]) == (2, 1, 0)
    cut = replay("--sites", "1", "--days", "0.0125", "--faults", str(path), "--json")
    assert "fibre_cut hg-00688 at 900: the replay ends within it, at 1080 s" in cut.stderr
    before = replay("--sites", "1", "--days", "0.01", "--faults", str(path), "--json")
    assert "fibre_cut hg-00688 at 900: the replay ends before, at 864 s; left out" in before.stderr
    assert json.loads(before.stdout)["faults"] == 0
