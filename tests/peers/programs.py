"""Whole programs as a test starts them: with a log, polled until they are ready, ended by their own process id."""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PYTHON = sys.executable
_PATIENCE_SECONDS = 10.0


@dataclass(frozen=True)
class Program:
    """A started program."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def end(self) -> int:
        """Ask it to end, force it after a while; its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                return self.process.wait(timeout=_PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
        return self.process.wait()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def running(
    name: str, command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Program]:
    """A program that logs into ``folder`` and is ended when the block is left."""
    path = folder / f"{name}.log"
    with path.open("ab") as log:
        process = subprocess.Popen(
            list(command),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment or dict(os.environ),
        )
    program = Program(name, process, path)
    try:
        yield program
    finally:
        program.end()


def until(what: str, condition: Callable[[], Any], *programs: Program, seconds: float = 30.0) -> Any:
    """Ask again and again until ``condition`` gives something true, and give that; a program that ends is an error."""
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError, ValueError):
            if found := condition():
                return found
        ended = [program for program in programs if program.process.poll() is not None]
        if ended or time.monotonic() > deadline:
            logs = "\n".join(f"--- {program.name}\n{program.said()[-2000:]}" for program in programs)
            why = f"{ended[0].name} ended" if ended else f"not within {seconds:g} s"
            raise AssertionError(f"{what}: {why}\n{logs}")
        time.sleep(0.05)


def get(url: str) -> str:
    """The body of a page; an error status is an OSError."""
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - pages of our own programs
        text: str = answer.read().decode("utf-8")
        return text


def get_json(url: str) -> Any:
    return json.loads(get(url))
