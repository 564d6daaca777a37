"""Silent and slow connections at a collector that ends TLS itself, with few files: good agents come in all the time."""

from lab.prove import Finding, Proof, Trial
from lab.prove.good_agents import GOOD, missing
from lab.prove.handshake_acts import HANDSHAKES, PATIENCE_SECONDS, WITHIN, renegotiate, silent
from lab.prove.house import Wishes, open_house
from lab.prove.siege import ENEMIES, Siege, besiege, cores

_FILES, _PER_ADDRESS = 400, 80
_RESERVE = 64
"""Files that must stay free for the disk, whatever knocks."""
_ABREAST, _PAUSE_SECONDS = 700, 0.005
_ADDRESSES = ("127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5")
_ACTS = (silent, silent, silent, *HANDSHAKES, silent, silent, *WITHIN, renegotiate)
_UNCOUNTED = """
from collector.serving.connection import Connection
Connection.arrived = lambda self, client, hang_up: setattr(self, "client", client)
"""
"""A collector that counts nobody before there is a request, and waits for a handshake as long as it takes."""


def _run(trial: Trial) -> Finding:
    siege = Siege(_ACTS, _ACTS, _ABREAST, _PAUSE_SECONDS, addresses=_ADDRESSES, every_seconds=1.0)
    listen = {"connections_per_address": _PER_ADDRESS, "proxies": [], "head_seconds": PATIENCE_SECONDS / 2}
    wishes = Wishes(_UNCOUNTED if trial.sabotage else "", tls=True, files=_FILES, core=cores()[0])
    with open_house(GOOD + ENEMIES, {"listen": listen}, wishes) as house:
        told = besiege(house, siege, trial)
        lost = missing(house, told.attacked.sent)
    kept = sum(number for words, number in told.answers.items() if words.endswith(" kept"))
    words = (
        f"{told.times()}, {lost} of {told.attacked.sent * GOOD:,} good cycles missing",
        f"{told.taken} hostile ones answered with 200, {kept} forgotten, at most {told.files} of {_FILES} files open",
        f"answers {dict(sorted(told.answers.items()))}",
    )
    return Finding(trial.count, told.hurt + lost + told.taken + kept + (told.files > _FILES - _RESERVE), words)


PROOF = Proof(
    "hostile-handshakes",
    "silent connections, slow and broken handshakes: a collector that ends TLS itself lets good agents in",
    6_000,
    1_000,
    _run,
)
