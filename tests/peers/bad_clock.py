"""A machine for whole programs: it boots when it is told, and its clock shows any year (libfaketime, namespaces)."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.peers.presence import require
from tests.peers.programs import Program, running, until

_SECOND_NS = 1_000_000_000
_IN_NAMESPACE = 'mount --bind "$1" /proc/sys/kernel/random/boot_id && echo $$ > "$2" && shift 2 && exec "$@"'


@dataclass
class Machine:
    """Its folder holds what the programs on it leave."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)
    """Environment of its programs, besides what makes up the clock."""
    boots: dict[str, int] = field(default_factory=dict)
    """How far CLOCK_BOOTTIME of each boot is ahead of that of the machine of the test."""

    def set_clock(self, shown_ns: int) -> None:
        """Whoever runs on it sees this time since 1970 within two seconds."""
        fresh = self.folder / "clock.new"
        fresh.write_text(f"{(shown_ns - time.time_ns()) / _SECOND_NS:+.3f}\n", encoding="ascii")
        fresh.replace(self.folder / "clock")  # at once, for it is read at any moment

    def environment(self) -> dict[str, str]:
        """For a program that sees this clock, and time since the boot as it is."""
        return {
            "LD_PRELOAD": str(_library()),
            "FAKETIME_TIMESTAMP_FILE": str(self.folder / "clock"),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
            **self.variables,
        }

    def run(self, *command: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
        """A command to its end, outside of any boot."""
        env = {**os.environ, **self.environment()}
        return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=60, check=False)

    @contextmanager
    def booted(self, boot: str, up_seconds: int, command: Sequence[str]) -> Iterator["Running"]:
        """Run a program in a boot of this id that began ``up_seconds`` ago."""
        ahead = up_seconds - time.clock_gettime_ns(time.CLOCK_BOOTTIME) // _SECOND_NS
        self.boots[boot] = ahead * _SECOND_NS
        name, pid = self.folder / f"{boot}.id", self.folder / f"{boot}.pid"
        name.write_text(boot + "\n", encoding="ascii")
        fake = ["env", *(f"{key}={value}" for key, value in self.environment().items())]
        inside = ["sh", "-c", _IN_NAMESPACE, "sh", str(name), str(pid), *fake, *command]
        with running(f"{self.folder.name}-{boot}", [*_unshare(ahead), *inside], self.folder) as program:
            until("the machine has booted", lambda: pid.exists() and pid.read_text(encoding="ascii"), program)
            found = Running(program, int(pid.read_text(encoding="ascii")))
            try:
                yield found
            finally:
                found.end(signal.SIGKILL)

    def true_ns(self, boot: str, boottime_ns: int) -> int:
        """The true time at which a boot's clock showed this."""
        return boottime_ns - self.boots[boot] + time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)


@dataclass(frozen=True)
class Running:
    """A program inside; the one outside ends with it, and with its code."""

    program: Program
    pid: int

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait; its exit code."""
        if self.program.process.poll() is None:
            os.kill(self.pid, how)
        return self.program.process.wait(timeout=60)


def require_bad_clocks() -> None:
    """Skip, or fail where nothing may be skipped, unless clocks and boots can be made up here."""
    require("faketime", "faketime")
    require("unshare", "util-linux")
    inside = ["sh", "-c", _IN_NAMESPACE, "sh", "/dev/null", "/dev/null", "true"]
    done = subprocess.run([*_unshare(1), *inside], capture_output=True, text=True, timeout=20, check=False)
    if done.returncode != 0:
        word = f"no boot of its own may be made here: {done.stderr.strip()}"
        if os.environ.get("PHUSONG_REQUIRE_PEERS"):
            pytest.fail(word)
        pytest.skip(word)


def _library() -> Path:
    """Where Debian has it, on whatever processor."""
    return next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))))


def _unshare(ahead_seconds: int) -> list[str]:
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *user, "--mount", "--time", f"--boottime={ahead_seconds}", "--fork", "--kill-child"]
