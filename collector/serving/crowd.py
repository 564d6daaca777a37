"""Who is connected, and who must make room when there are too many; it decides and closes nobody itself (core)."""

from collections import Counter, OrderedDict
from itertools import islice
from typing import Generic, TypeVar

import msgspec

_Member = TypeVar("_Member")


class CrowdLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How many connections there may be; addresses that stand for many are not counted singly."""

    connections: int
    per_address: int
    shared: frozenset[str] = frozenset()
    """Addresses of proxies: behind one of them stands everybody."""


class Crowd(Generic[_Member]):
    """Connections by address, and those among them that wait, the longest waiting first.

    Whoever waits (no whole head of a request has come) makes room for the newest: an honest request's head is there
    within milliseconds, so that a crowd of the slow ones pushes itself out and nobody else.
    Who was told to leave counts no more and is not told again: the next newcomer pushes out another.
    """

    def __init__(self, limits: CrowdLimits) -> None:
        self._limits = limits
        self._address: dict[_Member, str] = {}
        self._number: Counter[str] = Counter()
        self._waiting: OrderedDict[_Member, None] = OrderedDict()
        self._waiting_at: dict[str, OrderedDict[_Member, None]] = {}
        self._leaving: set[_Member] = set()

    def __len__(self) -> int:
        return len(self._address) + len(self._leaving)

    @property
    def leaving(self) -> int:
        """How many were told to leave and have not left."""
        return len(self._leaving)

    def enter(self, member: _Member, address: str) -> tuple[str, _Member | None]:
        """Take a newcomer in, who waits.

        Gives the limit that was hit (``crowd`` or ``address``, empty where none was) and who must leave for it:
        another, or the newcomer itself where nobody else waits.
        """
        self._address[member] = address
        self._number[address] += 1
        self.wait(member)
        if address not in self._limits.shared and self._number[address] > self._limits.per_address:
            return "address", self._dismiss(next(iter(self._waiting_at[address])))
        if len(self._address) > self._limits.connections:
            return "crowd", self._dismiss(next(iter(self._waiting)))
        return "", None

    def make_room(self, number: int) -> list[_Member]:
        """So many must leave, if so many wait; the longest waiting first."""
        return [self._dismiss(member) for member in list(islice(self._waiting, number))]

    def work(self, member: _Member) -> None:
        """Its request is being answered: nobody ends it for another."""
        address = self._address.get(member)
        if address is None or member not in self._waiting:
            return
        del self._waiting[member]
        del self._waiting_at[address][member]
        if not self._waiting_at[address]:
            del self._waiting_at[address]

    def wait(self, member: _Member) -> None:
        """Its request was answered."""
        address = self._address.get(member)
        if address is not None:
            self._waiting[member] = None
            self._waiting_at.setdefault(address, OrderedDict())[member] = None

    def leave(self, member: _Member) -> None:
        """It is gone; who is not there may leave."""
        self._forget(member)
        self._leaving.discard(member)

    def _dismiss(self, member: _Member) -> _Member:
        self._forget(member)
        self._leaving.add(member)
        return member

    def _forget(self, member: _Member) -> None:
        self.work(member)
        address = self._address.pop(member, None)
        if address is None:
            return
        self._number[address] -= 1
        if not self._number[address]:
            del self._number[address]
