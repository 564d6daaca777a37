"""``make-authority`` and ``renew-certificate``: the files of the collector's TLS; they never overwrite an authority."""

import os
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

from collector.identity.certificates import Identity, hosts_of, new_authority, new_server
from collector.identity.pins import pin_of
from shared.clock import SystemClock

_INPUT_IS_WRONG = 2
_SECOND_NS = 1_000_000_000
_MOST_DAYS = 7300
_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
_CA, _CA_KEY = "ca.pem", "ca.key"
_NEXT, _NEXT_KEY = "next-ca.pem", "next-ca.key"
_CHAIN, _KEY = "chain.pem", "server.key"


def make_authority(hosts: list[str], folder: Path, days: int) -> int:
    """Make two authorities, the present one and the one to come, and a certificate of the server by the first."""
    return _said(lambda: _make(hosts, folder, days))


def renew_certificate(hosts: list[str], folder: Path, days: int, *, by_next: bool) -> int:
    """Give the server a new certificate and key by the same authority, or by the one to come: pins stay as they are."""
    return _said(lambda: _renew(hosts, folder, days, (_NEXT, _NEXT_KEY) if by_next else (_CA, _CA_KEY)))


def _make(hosts: list[str], folder: Path, days: int) -> int:
    _check(hosts, days)
    there = [name for name in (_CA, _CA_KEY, _NEXT, _NEXT_KEY, _CHAIN, _KEY) if (folder / name).exists()]
    if there:
        raise ValueError(f"{folder / there[0]}: is there already; renew-certificate keeps the authority")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    now = _now()
    present, coming = new_authority(f"phusong {hosts[0]}", now), new_authority(f"phusong {hosts[0]} 2", now)
    _write_pair(folder, _CA, _CA_KEY, present)
    _write_pair(folder, _NEXT, _NEXT_KEY, coming)
    _write_pair(folder, _CHAIN, _KEY, new_server(present, hosts, now, days))
    _tell(folder, hosts, days)
    print(f"{folder / _CA_KEY}, {folder / _NEXT_KEY}: keep these elsewhere, on paper or a stick, until they are needed")
    return 0


def _renew(hosts: list[str], folder: Path, days: int, by: tuple[str, str]) -> int:
    certificate, key = by
    authority = Identity((folder / certificate).read_bytes(), (folder / key).read_bytes())
    named = hosts or hosts_of((folder / _CHAIN).read_bytes())
    _check(named, days)
    _write_pair(folder, _CHAIN, _KEY, new_server(authority, named, _now(), days))
    _tell(folder, named, days)
    print("the pins are the old ones, no machine has to join again; restart who serves TLS")
    return 0


def _tell(folder: Path, hosts: list[str], days: int) -> None:
    print(f"server   {folder / _CHAIN} ({', '.join(hosts)}; {days} days), key {folder / _KEY}")
    for name in (_CA, _NEXT):
        if (folder / name).exists():
            print(f"pin      {pin_of(folder / name).hex()} of {folder / name}")
    print(f"settings listen.tls: {{certificate: {folder / _CHAIN}, key: {folder / _KEY}}}")
    print(f"settings enrolment: {{ca_file: {folder / _CA}, next_ca_file: {folder / _NEXT}}}")


def _check(hosts: list[str], days: int) -> None:
    if not 1 <= days <= _MOST_DAYS:
        raise ValueError(f"--days {days}: from 1 to {_MOST_DAYS}")
    for host in hosts:
        try:
            ip_address(host)
        except ValueError:
            if not host or not all(_LABEL.fullmatch(label) for label in host.split(".")):
                raise ValueError(f"'{host}' is neither a host's name nor an address") from None


def _write_pair(folder: Path, certificate: str, key: str, made: Identity) -> None:
    """Keys for their owner alone, certificates for everybody: whole files or none."""
    for name, content, mode in ((key, made.key, 0o600), (certificate, made.certificate, 0o644)):
        fresh = folder / f"{name}.new"
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(folder / name)


def _now() -> datetime:
    return datetime.fromtimestamp(SystemClock().wall_ns() / _SECOND_NS, UTC)


def _said(deed: Callable[[], int]) -> int:
    try:
        return deed()
    except OSError as error:
        print(f"phusong-collector: {error.filename}: {(error.strerror or str(error)).lower()}", file=sys.stderr)
        return 1
    except ValueError as error:
        print(f"phusong-collector: {error}", file=sys.stderr)
        return _INPUT_IS_WRONG
