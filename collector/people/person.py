"""A person who is logged in and what a role may do; it knows no password and no request."""

import enum
import re

import msgspec

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
"""What a person, or a screen, may be called."""


class Role(enum.StrEnum):
    """What somebody may do; each role may do what the ones before it may."""

    VIEWER = "viewer"
    """Looks."""
    OPERATOR = "operator"
    """Acknowledges, plans maintenance, edits the inventory."""
    ADMIN = "admin"
    """Decides who the others are."""

    def covers(self, least: "Role") -> bool:
        """Whether this role may do what ``least`` may."""
        order = tuple(Role)
        return order.index(self) >= order.index(least)


class Person(msgspec.Struct, frozen=True):
    """Who sends a request: ``request.state.person``, which is None where nobody is logged in."""

    name: str
    role: Role
