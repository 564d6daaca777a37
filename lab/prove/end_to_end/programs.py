"""Programs of the end-to-end proof, each in its room: started and ended by their own process ids; it asks nothing."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from lab.children import die_with_parent, environment, module
from lab.ports import free_port
from lab.prove.end_to_end import files
from lab.prove.end_to_end.cables import Country
from lab.prove.end_to_end.land import BY_ID, CENTRE, CORE_ADDRESS, SITES, office

_PATIENCE_SECONDS = 20.0
_STARTING_SECONDS = 2
# The machine's clock is everybody's: this agent alone believes that it has jumped (SIGUSR1), seven hours ahead.
_JUMPING = """
import signal, sys, time
real, ahead = time.time_ns, [0]
time.time_ns = lambda: real() + ahead[0]
time.time = lambda: time.time_ns() / 1e9
signal.signal(signal.SIGUSR1, lambda *_: ahead.__setitem__(0, 7 * 3600 * 10**9 - ahead[0]))
from agent.__main__ import main
sys.exit(main())
"""
JUMPS = "s08"
_OWN_RESOLVER = 'mount --make-rprivate / && mount --bind "$0" /etc/resolv.conf && exec "$@"'


class Programs:
    """Collector, agents, Prometheus and Alertmanager. They die with us."""

    def __init__(self, country: Country, folder: Path) -> None:
        self._country = country
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.port, self.alertmanager, self.prometheus = free_port(), free_port(), free_port()

    @property
    def collector_file(self) -> Path:
        """For its commands."""
        return self._folder / "collector.yaml"

    @property
    def folder(self) -> Path:
        """Of everything, logs among them."""
        return self._folder

    def start_collector(self) -> None:
        """Anew, or again on its state."""
        files.collector(self._folder, self.port, self.alertmanager)
        self._start("collector", module("collector", "run", "--config", str(self.collector_file)))

    def start_watchers(self, ear: int) -> None:
        """Alertmanager and Prometheus."""
        path = files.alertmanager(self._folder / "alertmanager", ear)
        listen = f"--web.listen-address=127.0.0.1:{self.alertmanager}"
        storage = f"--storage.path={path.parent}/data"
        command = ["prometheus-alertmanager", f"--config.file={path}", storage, listen, "--cluster.listen-address="]
        self._start("alertmanager", command)
        ports = {"phusong-collector": self.port, "prometheus": self.prometheus, "alertmanager": self.alertmanager}
        path = files.prometheus(self._folder / "prometheus", ports)
        listen = f"--web.listen-address=127.0.0.1:{self.prometheus}"
        storage = f"--storage.tsdb.path={path.parent}/data"
        # A tenth of the shipped minute, as all waits here.
        resend = "--rules.alert.resend-delay=6s"
        self._start("prometheus", ["prometheus", f"--config.file={path}", storage, listen, resend])

    def start_agent(self, name: str, *, new_boot: bool = False) -> None:
        """In its office, or in the centre; ``new_boot``: its computer was without power and has just started."""
        path = files.agent(self._folder / "agents", name, self.port)
        command = module("agent", "run", "--config", str(path))
        if name == JUMPS:
            command = [sys.executable, "-P", "-c", _JUMPING, *command[4:]]
        if name == files.BY_NAME:
            resolver = path.with_suffix(".resolv")
            resolver.write_text(f"nameserver {CORE_ADDRESS}\noptions timeout:1 attempts:1\n", encoding="utf-8")
            command = ["unshare", "--mount", "sh", "-c", _OWN_RESOLVER, str(resolver), *command]
        if new_boot:
            command = self._just_booted(path.with_suffix(".boot"), command)
        room = CENTRE if name == files.PROVINCE else office(BY_ID[name])
        self._start(name, [*self._country.prefix(room), *command])

    def _just_booted(self, path: Path, command: list[str]) -> list[str]:
        """In a time namespace whose computer runs for seconds (Linux 5.6), and with another name of its boot."""
        path.write_text(f"{uuid.uuid4()}\n", encoding="ascii")
        uptime = int(time.clock_gettime(time.CLOCK_BOOTTIME)) - _STARTING_SECONDS
        own = 'mount --make-rprivate / && mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"'
        return ["unshare", "--mount", "--time", f"--boottime=-{uptime}", "sh", "-c", own, str(path), *command]

    def start_agents(self) -> None:
        """All of them."""
        for name in (files.PROVINCE, *(site.id for site in SITES if site.inside)):
            self.start_agent(name)

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a running program a signal."""
        self._running[name].send_signal(number)

    def end(self, name: str) -> None:
        """Ask it to end, and force it after a while."""
        process = self._running.pop(name)
        process.terminate()
        try:
            process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self, name: str) -> None:
        """At once, as a power cut or a crash does."""
        process = self._running.pop(name)
        process.kill()
        process.wait()

    def dead(self) -> list[str]:
        """Programs that ended by themselves."""
        return [name for name, process in self._running.items() if process.poll() is not None]

    def end_all(self) -> None:
        """Everything, agents first."""
        for process in self._running.values():
            process.terminate()
        for name in list(self._running)[::-1]:
            self.end(name)

    def log(self, name: str) -> str:
        """What it wrote."""
        return (self._folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    def stumbled(self) -> list[str]:
        """Programs of ours whose log holds a traceback."""
        return [path.stem for path in self._folder.glob("*.log") if "Traceback" in self.log(path.stem)]

    def _start(self, name: str, command: list[str]) -> None:
        with (self._folder / f"{name}.log").open("ab") as sink:
            self._running[name] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink,
                env=environment(), preexec_fn=die_with_parent(),  # noqa: PLW1509 - loaded before the fork
            )  # fmt: skip


@contextmanager
def open_programs(country: Country) -> Iterator[Programs]:
    """None runs yet; all are ended with the block, and their folder goes, unless PHUSONG_KEEP names another."""
    with ExitStack() as stack:
        kept = os.environ.get("PHUSONG_KEEP")
        folder = Path(kept or stack.enter_context(tempfile.TemporaryDirectory(prefix="phusong-e2e-")))
        folder.mkdir(parents=True, exist_ok=True)
        programs = Programs(country, folder)
        stack.callback(programs.end_all)
        yield programs


def wait(what: str, holds: Callable[[], object], seconds: float) -> float:
    """Until it holds: how many seconds that took; raises TimeoutError, which says what did not come."""
    begun = time.monotonic()
    while not holds():
        if time.monotonic() > begun + seconds:
            raise TimeoutError(f"not within {seconds:g} s: {what}")
        time.sleep(0.1)
    return time.monotonic() - begun
