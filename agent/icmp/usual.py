"""What a reply looks like when nothing is unusual about it, for reading many in one pass; it decides nothing else."""

from agent.icmp.bulk import NAME_BYTES
from agent.icmp.packet import COOKIE_BYTES, HEAD_BYTES
from agent.icmp.receiver import SLOT_BYTES, slot_of

_IPV4_BYTES = 20


class Usual:
    """The usual reply on a family's socket; a raw IPv4 socket shows the IP header, and leaves the sum to us."""

    def __init__(self, version: int, cookie: bytes, *, raw: bool) -> None:
        shown = raw and version == 4
        self.begins = (b"\x45" if shown else b"", b"\0\0" if version == 4 else b"\x81\0", cookie)
        """Version and header length of IP where it is shown, type and code of ICMP, cookie."""
        before = f"1s{_IPV4_BYTES - 1}x" if shown else "0s"
        self.told = slot_of(f"!{before}2s6x{COOKIE_BYTES}sIHH", SLOT_BYTES)
        """As ``begins``, then target, round and place."""
        self.named = slot_of("!4x4s" if version == 4 else "!8x16s", NAME_BYTES)
        """The sender's address."""
        self._head_bytes = _IPV4_BYTES if shown else 0
        self._least_bytes = self._head_bytes + HEAD_BYTES
        self._summed = shown

    def sound(self, data: memoryview, start: int, length: int) -> bool:
        """Whether the packet is there to the end of its mark, and its sum is right; an odd length is not usual."""
        if length < self._least_bytes:
            return False
        if not self._summed:
            return True
        return not length & 1 and int.from_bytes(data[start + self._head_bytes : start + length], "big") % 0xFFFF == 0
