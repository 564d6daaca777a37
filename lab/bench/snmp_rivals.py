"""What SNMP is measured beside: snmp_exporter kept running, snmpbulkwalk a process a column; nothing here judges."""

import http.client
import os
import resource
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from lab.bench.snmp_devices import COMMUNITY
from lab.ports import free_port

USER, AUTHENTICATION_KEY, PRIVACY_KEY = "bench", "authentication-key", "privacy-key-of-it"
PROTOCOLS = "SHA256", "AES"
"""As snmp_exporter writes them."""
V2C = f"auth: {{community: {COMMUNITY}}}"
V3 = (
    f"auth: {{security_level: authPriv, username: {USER}, password: {AUTHENTICATION_KEY}, "
    f"auth_protocol: {PROTOCOLS[0]}, priv_protocol: {PROTOCOLS[1]}, priv_password: {PRIVACY_KEY}}}"
)
AT_ONCE = 32


class Exporter:
    """One running snmp_exporter."""

    def __init__(self, pid: int, web: int, pool: ThreadPoolExecutor) -> None:
        self._pid = pid
        self._web = web
        self._pool = pool

    def sweep(self, places: Sequence[tuple[str, int]], samples: int, times: int = 1) -> float:
        """Its own CPU seconds for scraping all places, 32 at once, so many times; raises where samples are missing."""
        begun = cpu_of(self._pid)
        for _ in range(times):
            found = sum(self._pool.map(self._scrape, places))
            if found != samples:
                raise RuntimeError(f"the exporter gave {found} samples")
        return cpu_of(self._pid) - begun

    def _scrape(self, place: tuple[str, int]) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self._web, timeout=60)
        connection.request("GET", f"/snmp?module=bench&target={place[0]}:{place[1]}")
        page = connection.getresponse().read()
        connection.close()
        return sum(line.startswith(b"c") for line in page.splitlines())


@contextmanager
def running_exporter(program: str, authentication: str, version: int, columns: Sequence[str]) -> Iterator[Exporter]:
    """Start it with a module that walks these columns, and end it."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(AT_ONCE) as pool:
        settings = Path(folder) / "snmp.yml"
        settings.write_text(_settings(authentication, version, columns), encoding="utf-8")
        web = free_port()
        command = [program, f"--config.file={settings}", f"--web.listen-address=127.0.0.1:{web}", "--log.level=error"]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            _await_listening(web)
            yield Exporter(process.pid, web, pool)
        finally:
            process.terminate()
            process.wait()


def bulkwalk(program: str, options: Sequence[str], places: Sequence[tuple[str, int]], columns: Sequence[str]) -> float:
    """CPU seconds of a process for each column of each place, 16 at once."""
    environment = {**os.environ, "MIBS": ""}

    def walk(job: tuple[tuple[str, int], str]) -> None:
        command = [program, *options, "-Cr50", "-On", f"{job[0][0]}:{job[0][1]}", job[1]]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)

    begun = _cpu_of_children()
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(walk, [(place, column) for place in places for column in columns]))
    return _cpu_of_children() - begun


def version_of(program: str) -> str:
    """What Debian calls the version of the package that the program comes from."""
    owner = subprocess.run(["dpkg", "-S", program], capture_output=True, text=True, check=False).stdout.split(":")[0]
    query = ["dpkg-query", "-W", "-f", "${Package} ${Version}", owner]
    return subprocess.run(query, capture_output=True, text=True, check=False).stdout or "of unknown version"


def cpu_of(pid: int) -> float:
    """CPU seconds of a process, of all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _settings(authentication: str, version: int, columns: Sequence[str]) -> str:
    lines = ["bench:", f"  walk: [{', '.join(columns)}]", "  metrics:"]
    for place, oid in enumerate(columns):
        lines += [f"    - name: c{place}", f"      oid: {oid}", "      type: counter", "      help: '-'"]
        lines += ["      indexes: [{labelname: ifIndex, type: gauge}]"]
    return "\n".join([*lines, f"  version: {version}", "  max_repetitions: 50", f"  {authentication}\n"])


def _await_listening(port: int) -> None:
    until = time.perf_counter() + 15
    while time.perf_counter() < until:
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                return
    raise RuntimeError("the exporter does not listen")


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
