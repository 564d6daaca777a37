"""A real net-snmp agent on a free port of the loopback, with its own configuration, ended by its process id."""

import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab.ports import free_port
from tests.peers.presence import require

COMMUNITY = "hagiang-2c"
AUTHENTICATION_KEY = "authentication-key"
PRIVACY_KEY = "privacy-key-of-it"
USERS = {
    "sha1": ("SHA", "AES"),
    "sha256": ("SHA-256", "AES"),
    "sha512": ("SHA-512", "AES-256"),
}
"""Users by name: protocols as net-snmp writes them; all have the keys above."""


@dataclass(frozen=True)
class Snmpd:
    """Where it answers and what it wants to hear."""

    address: str
    port: int
    community: str
    pid: int

    @property
    def target(self) -> str:
        return f"{self.address}:{self.port}"


@contextmanager
def running_snmpd(community: str = COMMUNITY, extra: Sequence[str] = ()) -> Iterator[Snmpd]:
    """A started snmpd that answers; ``extra`` are further lines of its configuration."""
    program = require("snmpd", "snmpd")
    with tempfile.TemporaryDirectory(prefix="phusong-snmpd-") as name:
        folder = Path(name)
        port = free_udp_port()
        (folder / "state").mkdir()
        users = [
            f"createUser {user} {auth} {AUTHENTICATION_KEY} {priv} {PRIVACY_KEY}"
            for user, (auth, priv) in USERS.items()
        ]
        lines = [
            f"agentAddress udp:127.0.0.1:{port}",
            f"rocommunity {community} 127.0.0.1",
            *users,
            *(f"rouser {user} priv" for user in USERS),
            "sysName gateway.test",
            "sysLocation Hà Giang",
            "sysContact noc@example.invalid",
            *extra,
        ]
        (folder / "snmpd.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")
        command = [program, "-f", "-LE", "3", "-C", "-c", "snmpd.conf", "-p", "snmpd.pid", "-I", "-smux,mteTrigger"]
        environment = {
            "SNMP_PERSISTENT_DIR": str(folder / "state"),
            "MIBS": "",
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        }
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            _await_answer(process, port, community, folder / "log")
            yield Snmpd("127.0.0.1", port, community, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def free_udp_port(address: str = "127.0.0.1") -> int:
    """A UDP port of the loopback on which nobody listens now."""
    return free_port(address, socket.SOCK_DGRAM)


def _await_answer(process: subprocess.Popen[bytes], port: int, community: str, log: Path) -> None:
    """Ask for sysUpTime until it answers; the bytes are a GET of SNMP v2c."""
    name = community.encode()
    pdu = bytes.fromhex("a019020101020100020100300e300c06082b060102010103000500")
    body = b"\x02\x01\x01\x04" + bytes((len(name),)) + name + pdu
    question = b"\x30" + bytes((len(body),)) + body
    deadline = time.monotonic() + 15
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.connect(("127.0.0.1", port))
        asker.settimeout(0.1)
        while time.monotonic() < deadline:
            if process.poll() is not None:
                break
            try:
                asker.send(question)
                asker.recv(1500)
            except OSError:
                continue
            return
    raise RuntimeError(f"snmpd does not answer: {log.read_text(encoding='utf-8', errors='replace')[-500:]}")
