"""A running ``phusong-lab demo`` and what its collector says."""

import http.client
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lab.ports import free_port

ROOT = Path(__file__).parents[2]


class RunningDemo:
    """The process, its output and its wall."""

    def __init__(self, process: "subprocess.Popen[str]", port: int, temporary: Path) -> None:
        self.process = process
        self.port = port
        self.temporary = temporary

    def status(self) -> dict[str, Any] | None:
        try:
            found = self.page("/api/v1/status")
        except OSError:
            return None
        return json.loads(found) if found else None

    def page(self, path: str) -> str:
        """Nothing where the answer is not 200; raises OSError."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.read().decode() if answer.status == 200 else ""
        finally:
            connection.close()

    def until(self, seconds: float, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first status for which it holds."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            found = self.status()
            if found is not None and holds(found):
                return found
            time.sleep(0.1)
        raise AssertionError(f"it never held in {seconds:g} s; the demo said:\n{self.end()}")

    def end(self) -> str:
        """End it as Ctrl-C would, and give all that it said."""
        if self.process.poll() is None:
            self.process.terminate()
        output, _ = self.process.communicate(timeout=40)
        return output


@contextmanager
def running_demo(temporary: Path, *words: str, prefix: tuple[str, ...] = ()) -> Iterator[RunningDemo]:
    """Started from another folder than the project's; its temporary files go to ``temporary``."""
    port = free_port()
    temporary.mkdir(exist_ok=True)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)}
    command = [*prefix, sys.executable, "-m", "lab", "demo", "--port", str(port), *words]
    process = subprocess.Popen(
        command, cwd=temporary, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    demo = RunningDemo(process, port, temporary)
    try:
        yield demo
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
        if process.stdout is not None:
            process.stdout.close()


def pids(output: str) -> list[int]:
    """The process ids that the demo named."""
    return [int(pid) for pid in re.findall(r"pid (\d+)", output)]


def left_over(output: str, temporary: Path) -> list[str]:
    """Processes and files that should be gone."""
    alive = [f"pid {pid}" for pid in pids(output) if Path(f"/proc/{pid}").exists()]
    return [*alive, *(path.name for path in temporary.iterdir())]
