"""``join``: a code from paper becomes the machine's identity; it says in one line what is wrong."""

import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

from agent.identity.enrol import EnrolError, enrol
from agent.identity.trust import TrustError
from agent.uplink.connection import AwayError, proxy_problem
from shared.ownership import StateTakenError, owned
from shared.printable import printable
from shared.secret import Secret
from shared.wire.joincode import CodeError, JoinCode, decode

_INPUT_IS_WRONG = 2
_PROXY = "PHUSONG_PROXY"
_MOST_LINES = 40


def join(words: Sequence[str], state: Path, proxy: str | None) -> int:
    """0 where the machine is enrolled, 1 where it is not, 2 where the code cannot be right."""
    through = proxy or os.environ.get(_PROXY)
    given = Secret(through) if through else None
    problem = proxy_problem(given) if given is not None else ""
    if problem:
        print(f"phusong-agent join: the proxy {problem}", file=sys.stderr)
        return _INPUT_IS_WRONG
    try:
        code = decode(" ".join(words)) if words else _typed()
    except CodeError as error:
        print(f"phusong-agent join: {printable(str(error))}", file=sys.stderr)
        return _INPUT_IS_WRONG
    return _enrol(code, state, given)


def _typed() -> JoinCode:
    """From standard input, line by line until the code is whole."""
    telling = sys.stdin.isatty()
    if telling:
        print("code (end with an empty line) / mã (kết thúc bằng dòng trống):", file=sys.stderr)
    lines: list[str] = []
    for line in sys.stdin:
        if not line.strip() or len(lines) == _MOST_LINES:
            break
        lines.append(line)
    return decode(" ".join(lines))


def _enrol(code: JoinCode, state: Path, proxy: Secret | None) -> int:
    try:
        with owned(state):
            card = enrol(code, state, proxy, secrets.token_bytes(32))
    except (EnrolError, TrustError) as error:
        print(f"phusong-agent join: {code.address}: {printable(str(error))}", file=sys.stderr)
    except AwayError as error:
        print(f"phusong-agent join: {code.address}: no answer: {printable(str(error))}", file=sys.stderr)
    except StateTakenError as error:
        print(f"phusong-agent join: {error}", file=sys.stderr)
    except OSError as error:
        print(f"phusong-agent join: {error.filename}: {(error.strerror or str(error)).lower()}", file=sys.stderr)
    else:
        print(f"this machine is agent {printable(card.agent)} at site {printable(card.site)} of {card.url}")
        return 0
    return 1
