"""The Dockerfile, read as text: what each image holds and as whom it runs; no engine is here to build it."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
JSON_FORM = ("RUN", "CMD", "ENTRYPOINT", "VOLUME")


@dataclass
class Stage:
    name: str
    parent: str
    instructions: list[tuple[str, str]] = field(default_factory=list)

    def all(self, word: str) -> list[str]:
        return [rest for found, rest in self.instructions if found == word]


def stages() -> dict[str, Stage]:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line.strip() and not line.startswith("#")]
    found: dict[str, Stage] = {}
    for line in lines:
        word, rest = line.split(maxsplit=1)
        if word == "FROM":
            parent, name = re.fullmatch(r"(\S+) AS (\S+)", rest).groups()  # type: ignore[union-attr]
            found[name] = stage = Stage(name, parent)
        else:
            stage.instructions.append((word, rest.strip()))
    return found


@pytest.mark.parametrize("program", ["agent", "collector"])
def test_each_program_has_an_image_that_does_not_run_as_root(program: str) -> None:
    stage = stages()[program]

    assert [user.split(":")[0] for user in stage.all("USER")] == ["65532"]
    assert stage.instructions.index(("USER", "65532:65532")) < [word for word, _ in stage.instructions].index(
        "ENTRYPOINT"
    )
    assert json.loads(stage.all("ENTRYPOINT")[0]) == [f"phusong-{program}"]
    assert json.loads(stage.all("CMD")[0]) == ["run", "--config", f"/etc/phusong/{program}.yaml"]


@pytest.mark.parametrize(("program", "other"), [("agent", "collector"), ("collector", "agent")])
def test_each_image_holds_only_its_own_extra(program: str, other: str) -> None:
    found = stages()
    copies = found[program].all("COPY")
    steps = [json.loads(step) for step in found[f"build-{program}"].all("RUN")]

    assert copies == [f"--from=build-{program} /opt/phusong /opt/phusong"]
    assert steps[-1][-1] == f".[{program}]"
    assert not any(other in word for step in steps for word in step)


def test_bases_are_named_with_their_release() -> None:
    outside = {stage.parent for stage in stages().values()} - set(stages())

    assert outside == {"python:3.11-slim-bookworm"}


def test_no_step_goes_through_a_shell() -> None:
    """The list form has no quoting to get wrong and no shell that swallows the signal to stop."""
    for stage in stages().values():
        for word, rest in stage.instructions:
            if word in JSON_FORM:
                assert isinstance(json.loads(rest), list), (stage.name, word, rest)


def test_a_collector_that_no_longer_answers_is_found_by_the_engine() -> None:
    (check,) = stages()["collector"].all("HEALTHCHECK")

    command = json.loads(check.split("CMD", 1)[1])
    assert "/healthz" in command[-1]
    compile(command[-1], "HEALTHCHECK", "exec")


def test_what_is_copied_exists() -> None:
    for copy in stages()["source"].all("COPY"):
        *sources, _ = copy.split()
        assert all((ROOT / source).exists() for source in sources)
