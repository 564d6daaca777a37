"""Where readings are forwarded to: typed settings and the rules that types cannot say; it opens nothing but files."""

import re
from binascii import b2a_base64
from collections import Counter
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from shared.secret import Secret, header_problem, read_secret

_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*", re.ASCII)
_TAKEN = frozenset({"site", "hub", "instance", "probe", "module", "agent"})


class Protocol(StrEnum):
    """Which remote write is spoken."""

    AUTO = "auto"
    """2.0 where the server understands it, else 1.0."""
    V1 = "1.0"
    V2 = "2.0"


class DestinationSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One store that readings are forwarded to."""

    name: str
    """Names the cursor: who changes it sends everything that is kept again."""
    url: str
    """Whole, with its path: ``http://127.0.0.1:9090/api/v1/write``."""
    protocol: Protocol = Protocol.AUTO
    token: Secret | None = None
    token_file: Path | None = None
    user: str = ""
    password: Secret | None = None
    password_file: Path | None = None
    tenant: str = ""
    """Mimir's ``X-Scope-OrgID``."""
    ca_file: Path | None = None
    """Certificates to trust instead of the system's."""
    labels: dict[str, str] = msgspec.field(default_factory=lambda: {"job": "phusong-forward"})
    """Added to each series, so that it is never one with what the same store scrapes."""
    timeout_seconds: float = 30.0
    samples_per_request: int = 2000
    retry_first_seconds: float = 1.0
    retry_cap_seconds: float = 120.0
    patience_seconds: float = 600.0
    """So long a sample is tried that is answered 500 all the while others are taken."""


def destination_rules(destinations: Sequence[DestinationSettings]) -> Iterator[tuple[str, str]]:
    """Place and fault of what is wrong."""
    names = Counter(each.name for each in destinations)
    for number, each in enumerate(destinations):
        place = f"$.forward[{number}]"
        if not _NAME.fullmatch(each.name):
            yield f"{place}.name", f"'{each.name}' is no name: small letters, digits, - and _"
        if names[each.name] > 1:
            yield f"{place}.name", f"destination '{each.name}' stands {names[each.name]} times"
        yield from ((f"{place}.{key}", what) for key, what in _rules(each))


def _rules(each: DestinationSettings) -> Iterator[tuple[str, str]]:
    if fault := _url_fault(each.url):
        yield "url", fault
    yield from _proof_rules(each)
    if each.tenant and (fault := header_problem(Secret(each.tenant))):
        yield "tenant", fault
    for name in each.labels:
        if not _LABEL.fullmatch(name) or name.startswith("__"):
            yield "labels", f"'{name}' is no name of a label"
        if name in _TAKEN:
            yield "labels", f"'{name}' is a label of the readings themselves"
    if not 1 <= each.samples_per_request <= 10_000:
        yield "samples_per_request", "must be from 1 to 10000"
    if not 0 < each.timeout_seconds <= 300:
        yield "timeout_seconds", "must be more than 0 and at most 300"
    if not 0 < each.retry_first_seconds <= each.retry_cap_seconds <= 3600:
        yield "retry_first_seconds", "must be more than 0 and at most 'retry_cap_seconds', which is at most 3600"
    if not 0 < each.patience_seconds <= 86_400:
        yield "patience_seconds", "must be more than 0 and at most 86400"


def _proof_rules(each: DestinationSettings) -> Iterator[tuple[str, str]]:
    if each.token is not None and each.token_file is not None:
        yield "token", "give one of 'token' and 'token_file'"
    if bool(each.user) != (each.password is not None or each.password_file is not None):
        yield "user", "'user' goes with one of 'password' and 'password_file'"
    if each.user and (each.token is not None or each.token_file is not None):
        yield "user", "give a token or a user, not both"


def _url_fault(url: str) -> str:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises where it is none
    except ValueError as error:
        return f"'{url}' is no URL: {error}"
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return f"'{url}' is no URL like http://127.0.0.1:9090/api/v1/write"
    if parts.username is not None or parts.password is not None:
        return "user and password have keys of their own"
    if parts.path in {"", "/"}:
        return f"'{url}' has no path: Prometheus' is /api/v1/write"
    return ""


def authorization(each: DestinationSettings) -> Secret | None:
    """The header field's value; raises OSError or ValueError where a file holds no secret."""
    token = each.token or (read_secret(each.token_file) if each.token_file else None)
    if token is not None and (fault := header_problem(token)):
        raise ValueError(f"{each.token_file or 'token'}: {fault}")
    if token is not None:
        return Secret(f"Bearer {token.reveal()}")
    password = each.password or (read_secret(each.password_file) if each.password_file else None)
    if password is None:
        return None
    pair = f"{each.user}:{password.reveal()}".encode()
    return Secret(f"Basic {b2a_base64(pair, newline=False).decode()}")
