"""Pings the loopback without any capability: python -m tests.peers.bare_user PING_GROUP_RANGE."""

import json
import os
import subprocess
import sys
from pathlib import Path

from lab.tunnel import raise_loopback

_BARE = ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all", "--no-new-privs")


def main() -> None:
    """Prints one JSON object: capabilities as the kernel sees them, and what the probe found or said."""
    raise_loopback()
    Path("/proc/sys/net/ipv4/ping_group_range").write_text(sys.argv[1], encoding="ascii")
    status = _run("cat", "/proc/self/status").stdout
    words = ("probe", "icmp", "127.0.0.1", "--count", "3", "--interval", "0.02", "--timeout", "1", "--json")
    found = _run(sys.executable, "-m", "agent", *words)
    capabilities = {name.rstrip(":"): int(value, 16) for name, value in map(str.split, _lines(status, "Cap"))}
    told = {"capabilities": capabilities, "code": found.returncode, "out": found.stdout, "err": found.stderr}
    sys.stdout.write(json.dumps(told))


def _lines(text: str, beginning: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(beginning)]


def _run(*words: str) -> "subprocess.CompletedProcess[str]":
    command = [*_BARE, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, env=dict(os.environ), check=False)


if __name__ == "__main__":
    main()
