"""Two network namespaces with a cable between them: one for the agent, one for a site; both end with the test."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

HERE = "10.9.0.1"
THERE = "10.9.0.2"


@dataclass(frozen=True)
class Cable:
    """Prefixes that put a command at either end, and the switch in between."""

    here: list[str]
    there: list[str]

    def cut(self) -> None:
        _run([*self.there, "ip", "link", "set", "far", "down"])

    def restore(self) -> None:
        _run([*self.there, "ip", "link", "set", "far", "up"])


@contextmanager
def laid_cable() -> Iterator[Cable]:
    """As root, or through a user namespace; skips where the machine allows neither."""
    own = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    with _holder(["unshare", *own, "--net"]) as first:
        enter_user = ["--user", "--preserve-credentials"] if own else []
        here = ["nsenter", f"--target={first}", *enter_user, "--net"]
        with _holder([*here, "unshare", "--net"]) as second:
            there = ["nsenter", f"--target={second}", *enter_user, "--net"]
            _run([*here, "ip", "link", "add", "near", "type", "veth", "peer", "name", "far", "netns", str(second)])
            for prefix, device, address in ((here, "near", HERE), (there, "far", THERE)):
                _run([*prefix, "ip", "address", "add", f"{address}/24", "dev", device])
                _run([*prefix, "ip", "link", "set", device, "up"])
                _run([*prefix, "ip", "link", "set", "lo", "up"])
            yield Cable(here, there)


@contextmanager
def _holder(prefix: list[str]) -> Iterator[int]:
    """A process that keeps a namespace alive: it says that it is there, then waits until its input ends."""
    command = [*prefix, "sh", "-c", "echo $$; exec cat"]
    if shutil.which("unshare") is None or shutil.which("nsenter") is None:
        _cannot("unshare and nsenter are not installed: apt-get install util-linux")
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert process.stdout is not None
        told = process.stdout.readline().strip()
        if not told:
            assert process.stderr is not None
            _cannot(f"no network namespaces here: {process.stderr.read().decode(errors='replace').strip()}")
        yield int(told)
    finally:
        process.terminate()
        process.communicate(timeout=10)


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=20)


def _cannot(word: str) -> None:
    if os.environ.get("PHUSONG_REQUIRE_PEERS"):
        pytest.fail(word)
    pytest.skip(word)
