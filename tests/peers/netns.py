"""Runs a module of ours in a network namespace of its own, as root or through a user namespace, and reads its JSON."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.peers.sites import namespace

ROOT = Path(__file__).parents[2]


def run_inside(module: str, *arguments: str, without: Sequence[str] = (), seconds: float = 60) -> Any:
    """What ``python -m module`` prints; ``without`` names capabilities that it must do without."""
    dropped = ["setpriv", *(f"--bounding-set=-{name}" for name in without)] if without else []
    command = [*namespace(), *dropped, sys.executable, "-m", module, *arguments]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=seconds, env=dict(os.environ), check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
