"""Whether there is time for one more batch now, and if not, when there will be; it answers nobody (core)."""

from typing import Self

import msgspec

_SECOND_NS = 1_000_000_000
_SMOOTHING = 0.05
_FIRST_NS_PER_BYTE = 100.0
_LEAST_BYTES = 8192
"""What a batch costs at least, in bytes of a large one: its head, its place in the inbox, its answer."""
_SMALL_BYTES = 32 * 1024
_BESIDES = 4.0
"""What a batch costs with disk and sockets, in times of what is measured: the mean of decoding and of taking in."""
_BOOKED = 0.7
"""Share of the time that is given away in appointments; the rest is for the newest states."""
_CROWDED = 0.25
"""Share of the wait that newest states may fill while some that were sent away have not come: the loop itself works on
them, and each waits for all of them at each of its turns."""
_CROWD_NS = 250_000_000
"""Appointments of newest states that reach so far ahead are a crowd's; fewer were a moment's."""
_LAG, _LAG_CROWDED = 0.5, 0.15
"""Shares of the wait that the lag of the loop may be: a request that is let in waits for about eight turns."""


class ReceptionSettings(msgspec.Struct, frozen=True, kw_only=True):
    """When to send agents away, and for how long at most."""

    wait_seconds: float = 0.15
    """Work that may wait before the next batch is sent away."""
    longest_retry_seconds: float = 600.0


class Place:
    """Of a batch that is coming in; it is given back once."""

    def __init__(self, reception: "Reception", size_bytes: int) -> None:
        self._reception = reception
        self._size_bytes = size_bytes
        self._held = True
        self.left_early = False
        """Whether it was given back before the batch was here."""
        reception.begin(size_bytes)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._held:
            self._held = False
            self._reception.end(self._size_bytes)

    def leave(self) -> None:
        """Others need not wait for it any more."""
        self.left_early = True
        self.__exit__()


class Reception:
    """Counts the work that waits, by its bytes and what a byte has cost lately.

    Who is sent away gets a time of his own.
    Appointments follow each other at the pace of the work, so that a crowd that was sent away comes back as a queue.
    """

    def __init__(self, settings: ReceptionSettings) -> None:
        self._settings = settings
        self._spent_ns = _FIRST_NS_PER_BYTE * _LEAST_BYTES
        self._done_bytes = float(_LEAST_BYTES)
        self._waiting_bytes = {True: 0, False: 0}
        """Of small batches and of large ones."""
        self._booked_until_ns = {True: 0, False: 0}
        """Of small batches and of large ones: the newest states do not queue behind the past."""

    def hears(self, size_bytes: int, now_monotonic_ns: int, lag_ns: int = 0) -> bool:
        """Whether a batch of that size would be taken now, at such a lag of the loop.

        Newest states wait behind each other alone; as long as some of them have appointments the past waits, and while
        they are a crowd fewer come in beside each other. Two large ones are always let in: while one waits for the disk
        the other is decoded, else a slow machine would stand idle.
        """
        own_ns, wait_ns = self._cost_ns(size_bytes), self._settings.wait_seconds * _SECOND_NS
        waiting_bytes, booked_ns = self._waiting_bytes[True], self._booked_until_ns[True] - now_monotonic_ns
        crowded = booked_ns > _CROWD_NS
        allowed_ns = _CROWDED * wait_ns if crowded else wait_ns
        if size_bytes > _SMALL_BYTES:
            if booked_ns > 0:
                return False
            waiting_bytes += self._waiting_bytes[False]
            allowed_ns = max(wait_ns, 2 * own_ns)
        if not waiting_bytes:
            return True
        most_ns = (_LAG_CROWDED if crowded else _LAG) * wait_ns
        return lag_ns <= most_ns and self._cost_ns(waiting_bytes) + own_ns <= allowed_ns

    def begin(self, size_bytes: int) -> None:
        """A batch is coming in, or waits to be worked on."""
        self._waiting_bytes[size_bytes <= _SMALL_BYTES] += max(size_bytes, _LEAST_BYTES)

    def coming(self, size_bytes: int) -> Place:
        """A place for a batch of which not all is here."""
        return Place(self, size_bytes)

    def end(self, size_bytes: int) -> None:
        """It is done with, whatever came of it."""
        self._waiting_bytes[size_bytes <= _SMALL_BYTES] -= max(size_bytes, _LEAST_BYTES)

    def learn(self, size_bytes: int, spent_ns: int) -> None:
        """What the work on a batch cost."""
        self._spent_ns += _SMOOTHING * (spent_ns - self._spent_ns)
        self._done_bytes += _SMOOTHING * (max(size_bytes, _LEAST_BYTES) - self._done_bytes)

    def appointment_seconds(self, size_bytes: int, now_monotonic_ns: int) -> float:
        """After how many seconds one that is sent away may come again."""
        small = size_bytes <= _SMALL_BYTES
        begins_ns = max(now_monotonic_ns, self._booked_until_ns[small], 0 if small else self._booked_until_ns[True])
        longest_ns = int(self._settings.longest_retry_seconds * _SECOND_NS)
        if begins_ns - now_monotonic_ns >= longest_ns:
            begins_ns = now_monotonic_ns  # the book is full: begin at its first page again
        self._booked_until_ns[small] = begins_ns + int(self._cost_ns(size_bytes) / _BOOKED)
        return (begins_ns - now_monotonic_ns) / _SECOND_NS

    def _cost_ns(self, size_bytes: int) -> float:
        return _BESIDES * self._spent_ns / self._done_bytes * max(size_bytes, _LEAST_BYTES)
