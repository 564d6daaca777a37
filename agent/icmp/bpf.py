"""Socket filters in classic BPF: only echo replies and errors about one identifier pass; they decide in the kernel."""

import struct

_LOAD_BYTE, _LOAD_HALF = 0x30, 0x28
_INDIRECT_BYTE, _INDIRECT_HALF = 0x50, 0x48
_X_HEADER_LENGTH = 0xB1
_JUMP, _JUMP_EQUAL, _SET_X = 0x05, 0x15, 0x07
_AND, _MULTIPLY, _ADD_X, _RETURN = 0x54, 0x24, 0x0C, 0x06
_ALL = 0xFFFF_FFFF

_Step = tuple[int, int, int, int]


def filter_of(version: int, identifier: int) -> bytes:
    """The program as an array of ``struct sock_filter``; IPv4's sees the IP header, IPv6's does not."""
    steps = _ipv4(identifier) if version == 4 else _ipv6(identifier)
    return b"".join(struct.pack("@HBBI", *step) for step in steps)


def _ipv4(identifier: int) -> list[_Step]:
    return [
        (_X_HEADER_LENGTH, 0, 0, 0),  # X = length of the IP header
        (_INDIRECT_BYTE, 0, 0, 0),  # type
        (_JUMP_EQUAL, 14, 0, 0),  # echo reply -> its identifier
        (_JUMP_EQUAL, 2, 0, 3),  # unreachable
        (_JUMP_EQUAL, 1, 0, 11),  # time exceeded
        (_JUMP_EQUAL, 0, 13, 12),  # parameter problem, else nothing
        (_INDIRECT_BYTE, 0, 0, 17),  # protocol of the quoted packet
        (_JUMP_EQUAL, 0, 11, 1),
        (_INDIRECT_BYTE, 0, 0, 8),  # length of its header
        (_AND, 0, 0, 15),
        (_MULTIPLY, 0, 0, 4),
        (_ADD_X, 0, 0, 0),
        (_SET_X, 0, 0, 0),  # X = where the quoted ICMP header is, less 8
        (_INDIRECT_BYTE, 0, 0, 8),
        (_JUMP_EQUAL, 0, 4, 8),  # an echo request
        (_INDIRECT_HALF, 0, 0, 12),
        (_JUMP, 0, 0, 1),
        (_INDIRECT_HALF, 0, 0, 4),
        (_JUMP_EQUAL, 1, 0, identifier),
        (_RETURN, 0, 0, 0),
        (_RETURN, 0, 0, _ALL),
    ]


def _ipv6(identifier: int) -> list[_Step]:
    return [
        (_LOAD_BYTE, 0, 0, 0),  # type
        (_JUMP_EQUAL, 10, 0, 129),  # echo reply -> its identifier
        (_JUMP_EQUAL, 3, 0, 1),  # unreachable
        (_JUMP_EQUAL, 2, 0, 2),  # packet too big
        (_JUMP_EQUAL, 1, 0, 3),  # time exceeded
        (_JUMP_EQUAL, 0, 8, 4),  # parameter problem, else nothing
        (_LOAD_BYTE, 0, 0, 14),  # next header of the quoted packet
        (_JUMP_EQUAL, 0, 6, 58),
        (_LOAD_BYTE, 0, 0, 48),
        (_JUMP_EQUAL, 0, 4, 128),  # an echo request
        (_LOAD_HALF, 0, 0, 52),
        (_JUMP_EQUAL, 3, 2, identifier),
        (_LOAD_HALF, 0, 0, 4),
        (_JUMP_EQUAL, 1, 0, identifier),
        (_RETURN, 0, 0, 0),
        (_RETURN, 0, 0, _ALL),
    ]
