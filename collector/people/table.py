"""The table of every path and who may use it: a path that stands nowhere here is answered with 404; it answers nothing.

A new route needs a row here; ``tests/architecture/test_routes.py`` names those that have none.
"""

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.routing import compile_path

from collector.people.person import Person, Role

READ = frozenset({"GET", "HEAD"})
POST = frozenset({"POST"})
_WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Need(enum.StrEnum):
    """Least proof that a path asks for."""

    EVERYBODY = "everybody"
    MACHINE = "machine"
    """No person: machines with a proof of their own (a signature, a token), or nothing that anybody may not know."""
    FIGURES = "figures"
    """No person: a machine whose address may read figures."""
    LINK = "link"
    """Whoever holds the link: its secret names a person and a deed, and a form behind it needs no other proof."""
    WATCHER = "watcher"
    """A wall's token is enough, so is any person; open where people are not required."""
    SCREEN = "screen"
    """As a watcher; a screen of ours says what it has drawn, and nothing but that is kept."""
    VIEWER = "viewer"
    """Any person; open where people are not required."""
    ONESELF = "oneself"
    """Any person, always."""
    OPERATOR = "operator"
    ADMIN = "admin"


class Verdict(enum.StrEnum):
    """What becomes of a request."""

    PASS = "pass"  # noqa: S105 - no password
    LOGIN = "login"
    """Nobody is logged in, and somebody must be."""
    FORBIDDEN = "forbidden"
    """The person's role is too small."""


@dataclass(frozen=True)
class Rule:
    """One row; raises ValueError where a row would let somebody write who is nobody."""

    methods: frozenset[str]
    path: str
    """As Starlette writes it: ``/sd/{kind:str}``."""
    need: Need

    def __post_init__(self) -> None:
        if self.methods & _WRITING and self.need in {Need.WATCHER, Need.VIEWER}:
            raise ValueError(f"{self.path}: whoever writes is an operator at least")


class Table:
    """Finds the row of a request."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        # Whole, always: the patterns end in $, which also matches before a line's end.
        self._compiled = [(compile_path(rule.path)[0], rule) for rule in self.rules]

    def find(self, method: str, path: str) -> Rule | None:
        """The row of this method and path."""
        rows = (rule for pattern, rule in self._compiled if pattern.fullmatch(path))
        return next((rule for rule in rows if method in rule.methods), None)

    def methods(self, path: str) -> frozenset[str]:
        """All that the path may be asked with; none where it does not stand here."""
        rules = (rule for pattern, rule in self._compiled if pattern.fullmatch(path))
        return frozenset(method for rule in rules for method in rule.methods)


def judge(need: Need, person: Person | None, *, watcher: bool, required: bool) -> Verdict:
    """Whether this need is met by the person, or a wall's token, where people are ``required`` to log in."""
    if need in {Need.EVERYBODY, Need.MACHINE, Need.FIGURES, Need.LINK}:
        return Verdict.PASS
    if need in {Need.WATCHER, Need.SCREEN, Need.VIEWER} and not required:
        return Verdict.PASS
    if person is None:
        return Verdict.PASS if need in {Need.WATCHER, Need.SCREEN} and watcher else Verdict.LOGIN
    least = {Need.OPERATOR: Role.OPERATOR, Need.ADMIN: Role.ADMIN}.get(need, Role.VIEWER)
    return Verdict.PASS if person.role.covers(least) else Verdict.FORBIDDEN


RULES = (
    Rule(POST, "/api/v1/batches", Need.MACHINE),
    Rule(POST, "/api/v1/enrol", Need.MACHINE),
    Rule(POST, "/api/v1/rotate", Need.MACHINE),
    Rule(POST, "/api/v1/notify/receipts", Need.MACHINE),
    Rule(READ | POST, "/a/{token:str}", Need.LINK),
    Rule(READ, "/metrics", Need.FIGURES),
    Rule(READ, "/sd/{kind:str}", Need.FIGURES),
    Rule(READ, "/healthz", Need.MACHINE),
    Rule(READ, "/readyz", Need.MACHINE),
    Rule(READ, "/static/people.css", Need.EVERYBODY),
    Rule(READ, "/static/{path:path}", Need.EVERYBODY),
    Rule(READ, "/", Need.EVERYBODY),
    Rule(READ, "/wall", Need.WATCHER),
    Rule(READ, "/wall/map", Need.WATCHER),
    Rule(READ, "/wall/map/marks", Need.WATCHER),
    Rule(READ, "/wall/rotate", Need.WATCHER),
    Rule(READ, "/sites", Need.VIEWER),
    Rule(READ, "/sites/{site:str}", Need.VIEWER),
    Rule(READ, "/incidents", Need.VIEWER),
    Rule(READ, "/incidents/{number:str}", Need.VIEWER),
    Rule(POST, "/incidents/{number:str}", Need.OPERATOR),
    Rule(POST, "/api/v1/screens", Need.SCREEN),
    Rule(READ, "/reports", Need.VIEWER),
    Rule(READ, "/reports/{month:str}", Need.VIEWER),
    Rule(READ, "/reports/{month:str}/lines.csv", Need.VIEWER),
    Rule(READ, "/reports/{month:str}/outages.csv", Need.VIEWER),
    Rule(READ, "/inventory", Need.VIEWER),
    Rule(POST, "/inventory", Need.ADMIN),
    Rule(READ, "/inventory.csv", Need.VIEWER),
    Rule(READ, "/inventory/{site:str}", Need.VIEWER),
    Rule(POST, "/inventory/{site:str}", Need.OPERATOR),
    Rule(READ, "/maintenance", Need.VIEWER),
    Rule(POST, "/maintenance", Need.OPERATOR),
    Rule(READ, "/events", Need.WATCHER),
    Rule(READ, "/api/v1/status", Need.WATCHER),
    Rule(READ, "/login", Need.EVERYBODY),
    Rule(POST, "/login", Need.EVERYBODY),
    Rule(POST, "/logout", Need.ONESELF),
    Rule(READ, "/account", Need.ONESELF),
    Rule(POST, "/account", Need.ONESELF),
    Rule(READ, "/people", Need.ADMIN),
    Rule(POST, "/people", Need.ADMIN),
)
