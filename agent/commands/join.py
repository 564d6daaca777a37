"""``join`` and ``rotate``: the machine's identity, made and renewed; what is wrong is said in one line."""

import os
import secrets
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from agent.identity.card import CardError, read_card
from agent.identity.enrol import EnrolError, enrol, post_once
from agent.identity.rotate import rotate
from agent.identity.trust import TrustError, card_tls
from agent.timekeeping.keeper import is_doubtful, read_known
from agent.uplink.connection import AwayError, Way, proxy_problem
from agent.uplink.http import UplinkSettings
from shared.clock import SystemClock
from shared.ownership import StateTakenError, owned
from shared.printable import printable
from shared.secret import Secret
from shared.wire.joincode import CodeError, JoinCode, decode

_INPUT_IS_WRONG = 2
_PROXY = "PHUSONG_PROXY"
_MOST_LINES = 40
_TIMEOUT_SECONDS = 20.0


def join(words: Sequence[str], state: Path, proxy: str | None) -> int:
    """0 where the machine is enrolled, 1 where it is not, 2 where the code cannot be right."""
    try:
        through = _through(proxy)
        code = decode(" ".join(words)) if words else _typed()
    except CodeError as error:
        print(f"phusong-agent join: {printable(str(error))}", file=sys.stderr)
        return _INPUT_IS_WRONG

    def deed() -> str:
        with owned(state):
            doubts = is_doubtful(read_known(state), SystemClock())
            card = enrol(code, state, through, secrets.token_bytes(32), doubts_clock=doubts)
        return f"this machine is agent {printable(card.agent)} at site {printable(card.site)} of {card.url}"

    return _told(deed, f"phusong-agent join: {code.address}")


def rotate_key(state: Path, proxy: str | None) -> int:
    """0 where the machine has a new key, which a running agent takes up with its next batch; 1 where it has not."""

    def deed() -> str:
        through = _through(proxy)
        card = read_card(state)
        if card is None:
            raise EnrolError(f"{state}: this machine did not join: there is no key to rotate")
        way = Way(card.url, _TIMEOUT_SECONDS, proxy=through)
        doubts = is_doubtful(read_known(state), SystemClock())
        tls = card_tls(card, UplinkSettings(url=card.url), doubts_clock=doubts)
        rotate(card, state, partial(post_once, way, tls), secrets.token_bytes(32))
        return f"agent {printable(card.agent)} has a new key; the old one ends with the first batch under it"

    return _told(deed, "phusong-agent rotate")


def _through(proxy: str | None) -> Secret | None:
    given = proxy or os.environ.get(_PROXY)
    secret = Secret(given) if given else None
    problem = proxy_problem(secret) if secret is not None else ""
    if problem:
        raise CodeError(f"the proxy {problem}")
    return secret


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


def _told(deed: Callable[[], str], place: str) -> int:
    try:
        done = deed()
    except CodeError as error:
        print(f"{place}: {printable(str(error))}", file=sys.stderr)
        return _INPUT_IS_WRONG
    except (EnrolError, TrustError, CardError, StateTakenError) as error:
        print(f"{place}: {printable(str(error))}", file=sys.stderr)
    except AwayError as error:
        print(f"{place}: no answer: {printable(str(error))}", file=sys.stderr)
    except OSError as error:
        print(f"{place}: {error.filename}: {(error.strerror or str(error)).lower()}", file=sys.stderr)
    else:
        print(done)
        return 0
    return 1
