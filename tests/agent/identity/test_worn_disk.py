"""A disk that turns read-only makes no machine a copy of itself; needs a mount namespace."""

import json
import os
import subprocess
import sys

from tests.peers.programs import ROOT


def test_a_disk_that_turns_read_only_and_a_restart_make_no_machine_two_and_a_copy_is_found() -> None:
    words = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
    command = [*words, sys.executable, "-m", "tests.peers.worn_disk"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    unused, used = json.loads(done.stdout)

    for seen in (unused, used):
        assert (seen["well"], seen["many"], seen["after"]) == ([200], [200], [200])
        assert seen["suspects"] == []
        assert seen["copy"] == [403]
    assert unused["restarted"] == [200] * 3
    assert used["restarted"] == [401, 200, 200], "the one before it is presented first, and no challenge is signed"
