"""Whether a real peer is on this machine: tests skip with a clear word, or fail where CI must not skip."""

import os
import shutil

import pytest


def require(program: str, package: str) -> str:
    """Path of the program; without it the test is skipped, or fails where PHUSONG_REQUIRE_PEERS is set."""
    found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is not None:
        return found
    word = f"{program} is not installed: apt-get install {package}"
    if os.environ.get("PHUSONG_REQUIRE_PEERS"):
        pytest.fail(word)
    pytest.skip(word)
