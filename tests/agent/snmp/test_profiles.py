"""Every profile's folder is its own test: a recording of a device, and the exact page that it must give."""

import asyncio
import os
from pathlib import Path

import pytest

from agent.probe import Credential
from agent.snmp.engine import Patience, Peer, parse_oid
from agent.snmp.poll import poll
from agent.snmp.profile import choose, metrics_of
from agent.snmp.session import open_session
from agent.snmp.shelf import load_shelf
from lab.recording import Recording, parse_recording
from shared.secret import Secret
from shared.settings import SettingsError
from shared.wire.reading import Metric, Sample
from tests.peers.snmp_agents import COMMUNITY, recorded_agent

PROFILES = Path(__file__).parents[3] / "config" / "profiles"
FOLDERS = sorted(path for path in PROFILES.iterdir() if path.is_dir())


def number(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 2**53 else repr(value)


def page_of(metrics: dict[str, Metric], samples: tuple[Sample, ...]) -> str:
    """Prometheus' text format, families in the order in which they came."""
    lines: list[str] = []
    for name in dict.fromkeys(sample.name for sample in samples):
        metric = metrics[name]
        lines += [f"# HELP {name} {metric.help}", f"# TYPE {name} {metric.kind}"]
        for sample in samples:
            if sample.name == name:
                labels = ",".join(f'{label}="{text}"' for label, text in sample.labels)
                lines.append(
                    f"{name}{{{labels}}} {number(sample.value)}" if labels else f"{name} {number(sample.value)}"
                )
    return "\n".join(lines) + "\n"


def recorded(folder: Path) -> Recording:
    return parse_recording((folder / "recording.snmprec").read_text(encoding="utf-8"))


def compare_page(folder: Path, page: str) -> None:
    if os.environ.get("PHUSONG_WRITE_PAGES"):
        (folder / "page.prom").write_text(page, encoding="utf-8")
    assert page == (folder / "page.prom").read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
async def test_a_recording_gives_exactly_its_page(folder: Path) -> None:
    shelf = load_shelf(PROFILES)
    profile = shelf[folder.name]
    names = () if profile.matches else (folder.name,)
    async with recorded_agent(recorded(folder)) as agent, open_session() as engine:
        peer = Peer("127.0.0.1", agent.port, Credential(community=Secret(COMMUNITY)))
        until = asyncio.get_running_loop().time() + 20.0
        polled = await poll(engine, peer, Patience(until=until), shelf, names)
    metrics = {metric.name: metric for name in polled.profiles for metric in metrics_of(shelf[name])}

    assert polled.failure is None
    assert polled.profiles[0] == folder.name
    compare_page(folder, page_of(metrics, polled.samples))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_recording_shows_every_series_of_its_profile(folder: Path) -> None:
    """What no recording shows was never tried."""
    page = (folder / "page.prom").read_text(encoding="utf-8")
    shown = {line.split()[2] for line in page.splitlines() if line.startswith("# TYPE")}

    assert {metric.name for metric in metrics_of(load_shelf(PROFILES)[folder.name])} <= shown


def test_one_name_means_one_thing_in_all_profiles() -> None:
    seen: dict[str, Metric] = {}
    for name, profile in load_shelf(PROFILES).items():
        for metric in metrics_of(profile):
            assert seen.setdefault(metric.name, metric) == metric, f"{name} describes {metric.name} differently"


def test_the_longest_prefix_of_sys_object_id_decides() -> None:
    shelf = load_shelf(PROFILES)

    assert choose(shelf, parse_oid("1.3.6.1.2.1.33.2.1")) == "ups_mib"
    assert choose(shelf, parse_oid("1.3.6.1.2.1.330")) == "generic"
    assert choose(shelf, ()) == "generic"


BAD = sorted((Path(__file__).parent / "bad").glob("*.yaml"))


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_wrong_profile_is_told_by_file_and_place(path: Path, tmp_path: Path) -> None:
    for name, text in {"generic": "title: g\nverified: never\n", "bad": path.read_text(encoding="utf-8")}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "profile.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as failed:
        load_shelf(tmp_path)

    said = "\n".join(failed.value.problems).replace(f"{tmp_path}/bad/", "").replace(f"{tmp_path}", "FOLDER") + "\n"
    if os.environ.get("PHUSONG_WRITE_PAGES"):
        path.with_suffix(".message").write_text(said, encoding="utf-8")
    assert said == path.with_suffix(".message").read_text(encoding="utf-8")
