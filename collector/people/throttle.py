"""How often somebody may try to log in; its memory is fixed, it reads no clock and draws nothing.

Names and addresses share a fixed number of slots by a keyed hash, so that no flood of names makes it forget one.
"""

import hashlib
import ipaddress

_SECOND_NS = 1_000_000_000


class Throttle:
    """``burst`` tries at once, then one each ``every_seconds``, for each subject (GCRA, ITU-T I.371)."""

    def __init__(self, key: bytes, *, burst: int, every_seconds: float, slots: int = 4096) -> None:
        self._key = key
        self._every_ns = int(every_seconds * _SECOND_NS)
        self._ahead_ns = (burst - 1) * self._every_ns
        self._full_at_ns = [0] * slots

    def take(self, subject: str, now_ns: int) -> float:
        """Count a try; gives the seconds to wait where it is one too many, which is then not counted."""
        slot = self._slot(subject)
        begins_ns = max(self._full_at_ns[slot], now_ns)
        excess_ns = begins_ns - now_ns - self._ahead_ns
        if excess_ns > 0:
            return excess_ns / _SECOND_NS
        self._full_at_ns[slot] = begins_ns + self._every_ns
        return 0.0

    def give_back(self, subject: str) -> None:
        """The last try was no guess."""
        self._full_at_ns[self._slot(subject)] -= self._every_ns

    def _slot(self, subject: str) -> int:
        digest = hashlib.blake2b(subject.encode(errors="replace"), key=self._key, digest_size=8).digest()
        return int.from_bytes(digest, "big") % len(self._full_at_ns)


def neighbourhood(address: str) -> str:
    """An address as far as one customer has it: IPv6 to its /64; what is no address as it is."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv6Address):
        return str(known.ipv4_mapped or ipaddress.ip_network((known, 64), strict=False))
    return str(known)
