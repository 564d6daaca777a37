"""The machine's identity card: what enrolment gave it, in two files that are whole or not there; it sends nothing."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from agent.identity.chain_file import begin_chain
from agent.identity.files import sync_folder, write_private
from agent.identity.plate import Plate, write_plate
from shared.wire.signature import key_id_of

_FOLDER = "identity"
MEND = "stop the agent and join again with a new code, records and history stay"


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """Written by ``join``, read at the start of ``run``."""

    agent: str
    """Name by which the collector knows this machine."""
    site: str
    url: str
    key: bytes
    """The private Ed25519 key, 32 bytes."""
    collector_key: bytes
    """The public key of the collector's seal."""
    pins: tuple[bytes, ...] = ()
    """Of the authorities that the join code named; the system's are trusted where empty."""
    authorities: tuple[str, ...] = ()
    """Their certificates as the collector presented them, PEM."""
    invitation: str = ""
    """Id of the invitation that was used up: the same code again changes nothing."""

    def __repr__(self) -> str:
        return f"Card({self.agent!r}, {self.site!r}, {self.url!r})"


class Joining(msgspec.Struct, frozen=True, kw_only=True):
    """An enrolment or rotation that was begun: it is sent again with the same new key."""

    invitation: str
    """Id of the invitation, or of the key that the new one follows."""
    key: bytes

    def __repr__(self) -> str:
        return f"Joining({self.invitation!r})"


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the file: a bit that flipped in a key would make another key of it."""

    card: msgspec.Raw
    sha256: str


class CardError(Exception):
    """The card cannot be read; one line."""


class _DamagedError(CardError):
    """It was read, and is none."""


def card_path(state: Path) -> Path:
    """Where the card is."""
    return state / _FOLDER / "card.json"


def chain_path(state: Path, card: Card) -> Path:
    """Where the value of the chain of the card's key is: each key has a file, so that card and chain change at once."""
    public = Ed25519PrivateKey.from_private_bytes(card.key).public_key()
    return state / _FOLDER / f"chain-{key_id_of(public)[:16]}"


def copy_path(state: Path) -> Path:
    """Where the card is a second time."""
    return state / _FOLDER / "card-copy.json"


@dataclass(frozen=True, slots=True)
class Found:
    """A card, and what is wrong with one of its two files."""

    card: Card
    fault: str = ""
    damaged: bool = False
    """Whether the card itself holds nothing that could be newer than the copy."""


def find_card(state: Path) -> Found | None:
    """The machine's card or, where that cannot be read, its copy; None where it did not join.

    Raises :class:`CardError` where neither can be read.
    """
    try:
        card = _read(card_path(state))
    except CardError as error:
        try:
            copy = _read(copy_path(state))
        except CardError as other:
            raise CardError(f"{error}, {other}: {MEND}") from None
        if copy is None:
            raise CardError(f"{error}: {MEND}") from None
        return Found(copy, f"{error}: its copy is used", isinstance(error, _DamagedError))
    if card is not None:
        return Found(card)
    copy = _read(copy_path(state))
    return None if copy is None else Found(copy, f"{card_path(state)}: is gone: its copy is used", damaged=True)


def read_card(state: Path) -> Card | None:
    """The card of :func:`find_card` alone."""
    found = find_card(state)
    return None if found is None else found.card


def write_card(state: Path, card: Card) -> None:
    """Write the card, and its copy before it: a copy is never older. Raises OSError."""
    content = _pack(card)
    write_private(copy_path(state), content)
    write_private(card_path(state), content)


def mend_card(state: Path) -> None:
    """Make card and copy the same again as far as that loses nothing; raises OSError, CardError."""
    found = find_card(state)
    if found is None:
        return
    write_plate(state, _plate(found.card))
    content = _pack(found.card)
    if found.damaged:
        write_private(card_path(state), content)
    elif not found.fault and _content(copy_path(state)) != content:
        write_private(copy_path(state), content)


def _plate(card: Card) -> Plate:
    return Plate(agent=card.agent, site=card.site, url=card.url)


def _pack(card: Card) -> bytes:
    packed = msgspec.json.encode(card)
    return msgspec.json.encode(_Kept(card=msgspec.Raw(packed), sha256=hashlib.sha256(packed).hexdigest()))


def _read(path: Path) -> Card | None:
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise CardError(f"{path}: {(error.strerror or str(error)).lower()}") from None
    except ValueError:
        raise CardError(f"{str(path)!a} is no file") from None
    try:
        return _unpack(content)
    except (msgspec.DecodeError, ValueError):
        raise _DamagedError(f"{path}: is damaged") from None


def _unpack(content: bytes) -> Card:
    """Raises ValueError or msgspec.DecodeError. One without a digest is of the first days of this release."""
    try:
        kept = msgspec.json.decode(content, type=_Kept)
    except msgspec.ValidationError:
        card = msgspec.json.decode(content, type=Card)
    else:
        if hashlib.sha256(bytes(kept.card)).hexdigest() != kept.sha256:
            raise ValueError("another digest")
        card = msgspec.json.decode(kept.card, type=Card)
    Ed25519PrivateKey.from_private_bytes(card.key)
    Ed25519PublicKey.from_public_bytes(card.collector_key)
    return card


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def key_for(state: Path, invitation: str, fresh: bytes) -> bytes:
    """The key that goes with an invitation: the one that was begun with, or ``fresh``, which is on disk then."""
    path = state / _FOLDER / "joining.json"
    try:
        begun = msgspec.json.decode(path.read_bytes(), type=Joining)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        begun = None
    if begun is not None and begun.invitation == invitation:
        return begun.key
    write_private(path, msgspec.json.encode(Joining(invitation=invitation, key=fresh)))
    return fresh


def finish(state: Path, card: Card, chain: str) -> None:
    """The chain first, then the card, then what was begun goes: each state between can be begun from again."""
    begin_chain(chain_path(state, card), chain)
    write_card(state, card)
    write_plate(state, _plate(card))
    (state / _FOLDER / "joining.json").unlink(missing_ok=True)
    for path in (state / _FOLDER).glob("chain-*"):
        if path != chain_path(state, card):
            path.unlink(missing_ok=True)
    sync_folder(state / _FOLDER)
