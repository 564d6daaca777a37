"""``invite``, ``revoke`` and ``accept``: who may send, changed in the book that the running collector reads."""

import difflib
import io
import secrets
import sqlite3
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from collector.commands.console import note
from collector.commands.sheet import sheet
from collector.commands.staging import load_whole_settings
from collector.commands.stock import load_inventory
from collector.identity.book import Book, open_book
from collector.identity.pins import pin_of
from collector.identity.records import Invitation
from collector.inventory.site import Inventory
from collector.settings import CollectorSettings, KnownAgent
from shared.clock import SystemClock
from shared.settings import SettingsError
from shared.wire.enrolment import invitation_id, invitation_key
from shared.wire.joincode import SECRET_BYTES, CodeError, JoinCode, encode

_INPUT_IS_WRONG = 2
_SECOND_NS = 1_000_000_000
_DAY_NS = 86_400 * _SECOND_NS
_EVERY_SITE = "all"
_Deed = Callable[[str, CollectorSettings, Inventory, Book], int]


def invite(site: str, config: Path) -> int:
    """Print a one-time join code for a machine at the site."""
    return _do(_invite, site, config)


def revoke(site: str, config: Path) -> int:
    """End the access of the site's machines, and of its codes that were not used yet."""
    return _do(_revoke, site, config)


def accept(site: str, config: Path) -> int:
    """Vouch for the keys of a site that are suspected of being copied; of ``all`` sites after a restore."""
    return _do(_accept, site, config)


def _do(deed: _Deed, site: str, config: Path) -> int:
    """What is done stands in the log of who did what before anybody reads of it: a reader may leave."""
    said = io.StringIO()
    try:
        settings = load_whole_settings(config)
        inventory = load_inventory(settings, config)
        with open_book(settings.state / "identity.sqlite") as book:
            known = {*inventory.by_id(), *(agent.site for agent in settings.agents)}
            known |= set() if deed is _invite else {key.site for key in book.every_key()}
            _expect(site, known | ({_EVERY_SITE} if deed is _accept else set()))
            with redirect_stdout(said):
                done = deed(site, settings, inventory, book)
        if done == 0:
            note(settings, f"agent-{deed.__name__.lstrip('_')}", site)
        print(said.getvalue(), end="", flush=True)
    except SettingsError as error:
        print("\n".join(error.problems), file=sys.stderr)
    except (ValueError, CodeError) as error:
        print(f"phusong-collector: {error}", file=sys.stderr)
    except OSError as error:
        print(
            f"phusong-collector: {error.filename or 'output'}: {(error.strerror or str(error)).lower()}",
            file=sys.stderr,
        )
        return 1
    except sqlite3.Error as error:
        print(f"phusong-collector: the book of keys: {error}", file=sys.stderr)
        return 1
    else:
        return done
    return _INPUT_IS_WRONG


def _invite(site: str, settings: CollectorSettings, inventory: Inventory, book: Book) -> int:
    said = settings.enrolment
    if not said.address:
        raise ValueError("the settings do not say how machines reach the collector: set 'enrolment.address'")
    pins = tuple(pin_of(path) for path in (said.ca_file, said.next_ca_file) if path is not None)
    agent = _agent_at(site, settings)
    secret = secrets.token_bytes(SECRET_BYTES)
    code = encode(JoinCode(said.address.rstrip("/"), site, pins, secret))
    expires_ns = SystemClock().wall_ns() + int(said.days * _DAY_NS)
    invitation = Invitation(
        id=invitation_id(secret),
        verifier=invitation_key(secret).public_key().public_bytes_raw(),
        agent=agent,
        site=site,
        expires_wall_ns=expires_ns,
    )
    with book.transaction():
        book.invite(invitation)
    known = inventory.by_id().get(site)
    expires = datetime.fromtimestamp(expires_ns / _SECOND_NS, ZoneInfo(settings.retention.time_zone))
    print(code)
    print(sheet(code, site=site, name=known.name if known else site, agent=agent, expires=expires))
    if said.address.startswith("http://"):
        print("note: without https:// whoever is on the way can read the readings", file=sys.stderr)
    return 0


def _revoke(site: str, settings: CollectorSettings, _: Inventory, book: Book) -> int:
    with book.transaction():
        keys, invitations = book.revoke(site)
    print(f"{site}: {keys} {_s('key', keys)} revoked, {invitations} unused {_s('code', invitations)} cancelled")
    tokens = [known.name for known in settings.agents if known.site == site and _has_token(known)]
    for name in tokens:
        print(f"note: agent '{name}' has a token in the settings: take it out and restart the collector")
    if keys + invitations:
        return 0
    print(f"phusong-collector: nothing to revoke: no key or code of site '{site}' is in force", file=sys.stderr)
    return 1


def _accept(site: str, _settings: CollectorSettings, _: Inventory, book: Book) -> int:
    with book.transaction():
        accepted = book.accept(None if site == _EVERY_SITE else site)
    if not accepted:
        whose = "" if site == _EVERY_SITE else f" of site '{site}'"
        print(f"phusong-collector: nothing to accept: no key{whose} is in force", file=sys.stderr)
        return 1
    print(f"{site}: {accepted} {_s('key', accepted)} accepted: each goes on from what it presents next")
    return 0


def _expect(site: str, known: set[str]) -> None:
    if site in known:
        return
    near = difflib.get_close_matches(site, known, n=1)
    hint = f", did you mean '{near[0]}'?" if near else ": it is in neither the inventory nor 'agents' in the settings"
    raise ValueError(f"there is no site '{site}'{hint}")


def _agent_at(site: str, settings: CollectorSettings) -> str:
    """The settings' name for the machine at the site where they give one, otherwise the site's id."""
    enrolling = [known.name for known in settings.agents if known.site == site and not _has_token(known)]
    taken = next((known for known in settings.agents if known.name == site and known.site != site), None)
    if not enrolling and taken is not None:
        raise ValueError(f"'{site}' is the name of an agent at site '{taken.site}': name this site's in 'agents'")
    return enrolling[0] if enrolling else site


def _has_token(known: KnownAgent) -> bool:
    return known.token is not None or known.token_file is not None


def _s(word: str, number: int) -> str:
    return word if number == 1 else f"{word}s"
