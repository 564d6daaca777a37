"""A card that cannot be read stops no measurement: its copy is used; without one the records wait for a new code."""

import io
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from agent.__main__ import main
from agent.identity.card import card_path, copy_path, read_card
from lab.ports import free_port
from shared.wire.joincode import encode
from tests.peers.enrolled import invited
from tests.peers.programs import PYTHON, Program, get, running, until
from tests.system.test_joining import delivered

pytestmark = pytest.mark.system
BARE = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all")
"""To root a file's mode says nothing."""


def flip(path: Path) -> None:
    """In the middle of the key: it stays JSON, and base64."""
    content = bytearray(path.read_bytes())
    place = content.index(b'"key":"') + 20
    content[place] = ord("A") if content[place] != ord("A") else ord("B")
    path.write_bytes(content)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


DAMAGES: dict[str, Callable[[Path], object]] = {
    "corrupt": flip,
    "empty": lambda path: path.write_bytes(b""),
    "truncated": cut_short,
    "unreadable": lambda path: path.chmod(0),
    "gone": Path.unlink,
}
SAID = {"corrupt": "is damaged", "empty": "is damaged", "truncated": "is damaged", "unreadable": "permission denied"}


@dataclass
class Place:
    """A collector, and machines that joined it."""

    folder: Path
    config: Path
    port: int

    def machine(self, site: str) -> Path:
        """A folder with a machine's settings and state."""
        folder = self.folder / site
        folder.mkdir()
        content = {
            "state": str(folder / "state"),
            "commit_seconds": 0.2,
            "report_seconds": 0.5,
            "checks": [{"kind": "tcp", "every_seconds": 0.5, "timeout_seconds": 0.4, "port": self.port}],
            "targets": [{"site": site, "name": "door", "address": "127.0.0.1"}],
        }
        (folder / "agent.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
        assert self.join(folder, site) == ""
        return folder

    def join(self, folder: Path, site: str) -> str:
        said = io.StringIO()
        with redirect_stdout(io.StringIO()), redirect_stderr(said):
            main(["join", *encode(invited(site, self.config)).split(), "--state", str(folder / "state")])
        return said.getvalue()

    def taken(self, site: str) -> bool:
        page = get(f"http://127.0.0.1:{self.port}/metrics")
        return f'phusong_agent_last_report_timestamp_seconds{{agent="{site}",site="{site}"}}' in page


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder, port = tmp_path_factory.mktemp("place"), free_port()
    sites = [{"id": f"{name}-{files}", "name": name} for name in DAMAGES for files in ("card", "both")]
    sites.append({"id": "mended", "name": "mended"})
    (folder / "sites.yaml").write_text(yaml.safe_dump({"sites": sites}), encoding="utf-8")
    content = {
        "listen": {"port": port},
        "state": "state",
        "inventory": "sites.yaml",
        "enrolment": {"address": f"http://127.0.0.1:{port}"},
    }
    config = folder / "collector.yaml"
    config.write_text(yaml.safe_dump(content), encoding="utf-8")
    with running("collector", [PYTHON, "-m", "collector", "run", "--config", str(config)], folder) as program:
        until("the collector is ready", lambda: get(f"http://127.0.0.1:{port}/readyz"), program)
        yield Place(folder, config, port)


def agent(*words: str) -> list[str]:
    return [*(BARE if os.geteuid() == 0 else ()), PYTHON, "-m", "agent", *words]


def start(stack: ExitStack, folder: Path) -> Program:
    return stack.enter_context(running("agent", agent("run", "--config", str(folder / "agent.yaml")), folder))


def check_config(folder: Path) -> Program:
    with running("check", agent("check-config", "--config", str(folder / "agent.yaml")), folder) as program:
        program.process.wait(30)
    return program


def waiting(folder: Path) -> int:
    """Records that are in the spool and were not delivered."""
    path = folder / "state" / "spool" / "spool.sqlite"
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path)) as database, suppress(sqlite3.Error):
        return int(database.execute("SELECT count(*) - count(acknowledged_wall_ns) FROM record").fetchone()[0])
    return 0


def test_the_copy_of_a_card_that_cannot_be_read_is_used_and_the_card_is_mended(place: Place) -> None:
    machines = {name: place.machine(f"{name}-card") for name in DAMAGES}
    for name, folder in machines.items():
        DAMAGES[name](card_path(folder / "state"))
    checked = {name: check_config(folder) for name, folder in machines.items()}
    with ExitStack() as stack:
        agents = {name: start(stack, folder) for name, folder in machines.items()}
        for name, program in agents.items():
            until(f"the report of {name} is there", lambda name=name: place.taken(f"{name}-card"), program)

    assert {program.process.returncode for program in checked.values()} == {0}
    for name, program in checked.items():
        said = f"{card_path(machines[name] / 'state')}: {SAID.get(name, 'is gone')}: its copy is used"
        assert f"note: {said}" in program.said()
        assert f"the machine's card: {said}" in agents[name].said()
    for name in DAMAGES.keys() - {"unreadable"}:
        state = machines[name] / "state"
        assert card_path(state).read_bytes() == copy_path(state).read_bytes()
    assert card_path(machines["unreadable"] / "state").stat().st_mode & 0o777 == 0, "it may be newer than the copy"


def test_where_the_copy_is_damaged_too_it_measures_and_keeps_all_until_there_is_a_new_code(place: Place) -> None:
    machines = {name: place.machine(f"{name}-both") for name in DAMAGES}
    for name, folder in machines.items():
        for path in (card_path(folder / "state"), copy_path(folder / "state")):
            DAMAGES[name](path)
    checked = {name: check_config(folder) for name, folder in machines.items()}
    with ExitStack() as stack:
        agents = {name: start(stack, folder) for name, folder in machines.items()}
        for name, folder in machines.items():
            until(f"{name} keeps what it measures", lambda folder=folder: waiting(folder) > 5, agents[name])
            until(f"{name} says why", lambda name=name: "batches stay here" in agents[name].said(), agents[name])
        measured = {name: waiting(folder) for name, folder in machines.items()}
    mend = "stop the agent and join again with a new code, records and history stay"
    for name, folder in machines.items():
        first = f"{card_path(folder / 'state')}: {SAID.get(name, 'is gone')}"
        assert (checked[name].process.returncode, first in checked[name].said(), mend in checked[name].said()) == (
            2,
            True,
            True,
        )
        line = next(line for line in agents[name].said().splitlines() if "the machine's card" in line)
        assert (first in line, line.endswith(mend)) == (True, True)
        assert not place.taken(f"{name}-both")

    for name, folder in machines.items():
        assert place.join(folder, f"{name}-both") == ""
    with ExitStack() as stack:
        agents = {name: start(stack, folder) for name, folder in machines.items()}
        for name, folder in machines.items():
            until(f"all of {name} is delivered", lambda folder=folder: delivered(folder), agents[name])
    for name, folder in machines.items():
        assert measured[name] > 5
        assert read_card(folder / "state") is not None


def test_a_card_that_becomes_readable_again_needs_no_restart(place: Place) -> None:
    folder = place.machine("mended")
    kept = {path: path.read_bytes() for path in (card_path(folder / "state"), copy_path(folder / "state"))}
    for path in kept:
        path.write_bytes(b"")
    with ExitStack() as stack:
        program = start(stack, folder)
        until("it says why", lambda: "batches stay here" in program.said(), program)
        for path, content in kept.items():
            path.write_bytes(content)
        until("all is delivered", lambda: delivered(folder), program)
