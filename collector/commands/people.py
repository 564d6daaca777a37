"""``user`` and ``wall-token``: who may look and act, changed in the book that the running collector reads."""

import difflib
import getpass
import secrets
import sqlite3
import sys
from argparse import Namespace
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from collector.commands.console import console
from collector.commands.staging import load_whole_settings
from collector.people.book import Account, Book, open_people
from collector.people.passwords import Passwords, weakness
from collector.people.person import NAME, Role
from collector.people.proofs import wall_identity
from collector.settings import CollectorSettings
from shared.clock import SystemClock
from shared.settings import SettingsError

_INPUT_IS_WRONG = 2
_SECOND_NS = 1_000_000_000
_TOKEN_BYTES = 32
_Deed = Callable[[Namespace, CollectorSettings, Book], None]


def user(given: Namespace) -> int:
    """``add``, ``list``, ``role``, ``password``, ``disable`` or ``enable``; 0 done, 1 failed, 2 the input is wrong."""
    deeds: dict[str, _Deed] = {
        "add": _add,
        "list": _list,
        "role": _role,
        "password": _password,
        "disable": _disable,
        "enable": _enable,
    }
    return _do(deeds[given.deed], given)


def wall_token(given: Namespace) -> int:
    """``create``, ``list`` or ``revoke``; 0 done, 1 failed, 2 the input is wrong."""
    deeds: dict[str, _Deed] = {"create": _create, "list": _walls, "revoke": _revoke}
    return _do(deeds[given.deed], given)


def people_path(settings: CollectorSettings) -> Path:
    """The book's file."""
    return settings.state / "people.sqlite"


def _do(deed: _Deed, given: Namespace) -> int:
    try:
        settings = load_whole_settings(given.config)
        with open_people(people_path(settings)) as book:
            deed(given, settings, book)
    except SettingsError as error:
        print("\n".join(error.problems), file=sys.stderr)
        return _INPUT_IS_WRONG
    except ValueError as error:
        print(f"phusong-collector: {error}", file=sys.stderr)
        return _INPUT_IS_WRONG
    except OSError as error:
        print(f"phusong-collector: {error.filename}: {(error.strerror or str(error)).lower()}", file=sys.stderr)
        return 1
    except sqlite3.Error as error:
        print(f"phusong-collector: the book of people: {error}", file=sys.stderr)
        return 1
    return 0


def _add(given: Namespace, _: CollectorSettings, book: Book) -> None:
    name = _named(given)
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!a} is no name: up to 32 small letters, digits, '.', '_' and '-'")
    if given.role is None:
        raise ValueError("say --role viewer, --role operator or --role admin")
    if book.find(name) is not None:
        raise ValueError(f"there is a '{name}' already: 'user role' and 'user password' change them")
    made, now_ns = _asked_for(name), SystemClock().wall_ns()
    with book.transaction():
        if not book.add(Account(name, Role(given.role), made, disabled=False, added_wall_ns=now_ns)):
            raise ValueError(f"there is a '{name}' already")
        book.write(now_ns, console(), "user-add", name, given.role)
    print(f"{name}: {given.role}")


def _list(_: Namespace, settings: CollectorSettings, book: Book) -> None:
    for each in book.everybody():
        added = _day(each.added_wall_ns, settings)
        print(f"{each.name:32} {each.role:8} {'disabled' if each.disabled else 'active':8} {added}")


def _role(given: Namespace, _: CollectorSettings, book: Book) -> None:
    account = _known(given, book)
    if given.role is None:
        raise ValueError("say --role viewer, --role operator or --role admin")
    with book.transaction():
        book.change(account.name, role=Role(given.role))
        book.write(SystemClock().wall_ns(), console(), "user-role", account.name, f"{account.role} to {given.role}")
    print(f"{account.name}: {given.role}")


def _password(given: Namespace, _: CollectorSettings, book: Book) -> None:
    account = _known(given, book)
    made = _asked_for(account.name)
    with book.transaction():
        book.set_password(account.name, made)
        book.end_sessions(account.name)
        book.write(SystemClock().wall_ns(), console(), "user-password", account.name)
    print(f"{account.name}: the password is changed, and every session ended")


def _disable(given: Namespace, _: CollectorSettings, book: Book) -> None:
    account = _known(given, book)
    with book.transaction():
        book.change(account.name, disabled=True)
        book.write(SystemClock().wall_ns(), console(), "user-disable", account.name)
    print(f"{account.name}: disabled, and every session ended")


def _enable(given: Namespace, _: CollectorSettings, book: Book) -> None:
    account = _known(given, book)
    with book.transaction():
        book.change(account.name, disabled=False)
        book.write(SystemClock().wall_ns(), console(), "user-enable", account.name)
    print(f"{account.name}: {account.role}")


def _create(given: Namespace, settings: CollectorSettings, book: Book) -> None:
    name, token = _named(given), secrets.token_urlsafe(_TOKEN_BYTES)
    now_ns = SystemClock().wall_ns()
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!a} is no name: up to 32 small letters, digits, '.', '_' and '-'")
    with book.transaction():
        if not book.add_wall(wall_identity(token), name, now_ns):
            raise ValueError(f"there is a wall '{name}' already: revoke it first")
        book.write(now_ns, console(), "wall-token-create", name)
    address = settings.enrolment.address.rstrip("/") or f"http://127.0.0.1:{settings.listen.port}"
    print(f"{address}/wall?token={token}")
    print("open this once on the screen: it is not shown again, and does not stay in the address", file=sys.stderr)


def _walls(_: Namespace, settings: CollectorSettings, book: Book) -> None:
    for name, added_ns in book.walls():
        print(f"{name:32} {_day(added_ns, settings)}")


def _revoke(given: Namespace, _: CollectorSettings, book: Book) -> None:
    name = _named(given)
    with book.transaction():
        if not book.revoke_wall(name):
            raise ValueError(f"there is no wall '{name}'{_near(name, [each for each, _ in book.walls()])}")
        book.write(SystemClock().wall_ns(), console(), "wall-token-revoke", name)
    print(f"{name}: revoked")


def _named(given: Namespace) -> str:
    if given.name is None:
        raise ValueError(f"'{given.deed}' wants a name")
    return str(given.name)


def _known(given: Namespace, book: Book) -> Account:
    name = _named(given)
    account = book.find(name)
    if account is None:
        raise ValueError(f"there is no person '{name}'{_near(name, [each.name for each in book.everybody()])}")
    return account


def _near(name: str, names: list[str]) -> str:
    near = difflib.get_close_matches(name, names, n=1)
    return f", did you mean '{near[0]}'?" if near else ""


def _asked_for(name: str) -> str:
    """The hash of a password that is typed twice, or stands in the first line of standard input."""
    if sys.stdin.isatty():
        password = getpass.getpass("password: ")
        if getpass.getpass("again: ") != password:
            raise ValueError("the two passwords differ; nothing was changed")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    found = weakness(password, name)
    if found is not None:
        raise ValueError(f"this password is not taken: {found}")
    return Passwords().make(password)


def _day(at_ns: int, settings: CollectorSettings) -> str:
    return f"{datetime.fromtimestamp(at_ns / _SECOND_NS, ZoneInfo(settings.retention.time_zone)):%Y-%m-%d %H:%M}"
