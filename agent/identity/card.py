"""The machine's identity card: what enrolment gave it, in one file that is whole or not there; it sends nothing."""

from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from agent.identity.chain_file import begin_chain
from agent.identity.files import sync_folder, write_private
from shared.wire.signature import key_id_of

_FOLDER = "identity"


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


class CardError(Exception):
    """The card cannot be read; one line."""


def card_path(state: Path) -> Path:
    """Where the card is."""
    return state / _FOLDER / "card.json"


def chain_path(state: Path, card: Card) -> Path:
    """Where the value of the chain of the card's key is: each key has a file, so that card and chain change at once."""
    public = Ed25519PrivateKey.from_private_bytes(card.key).public_key()
    return state / _FOLDER / f"chain-{key_id_of(public)[:16]}"


def read_card(state: Path) -> Card | None:
    """The machine's card, None where it did not join; raises :class:`CardError`."""
    path = card_path(state)
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise CardError(f"{path}: {(error.strerror or str(error)).lower()}") from None
    except ValueError:
        raise CardError(f"{str(state)!a} is no folder") from None
    try:
        card = msgspec.json.decode(content, type=Card)
        Ed25519PrivateKey.from_private_bytes(card.key)
        Ed25519PublicKey.from_public_bytes(card.collector_key)
    except (msgspec.DecodeError, ValueError):
        raise CardError(f"{path}: is damaged: join again with a new code") from None
    return card


def write_card(state: Path, card: Card) -> None:
    """Write the card; raises OSError."""
    write_private(card_path(state), msgspec.json.encode(card))


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
    (state / _FOLDER / "joining.json").unlink(missing_ok=True)
    for path in (state / _FOLDER).glob("chain-*"):
        if path != chain_path(state, card):
            path.unlink(missing_ok=True)
    sync_folder(state / _FOLDER)
