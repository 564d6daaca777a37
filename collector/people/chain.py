r"""What rows of the audit log are and how each is chained to the one before; it stores nothing.

A mark is SHA-256 over ``phusong audit 1\n``, the mark of the row before (32 zero bytes before the first) and the row
as a MessagePack array of number, time, actor, action, subject and detail.
"""

import hashlib
from collections.abc import Iterable, Iterator

import msgspec

GENESIS = bytes(32)
_LABEL = b"phusong audit 1\n"
_encode = msgspec.msgpack.Encoder().encode


class Row(msgspec.Struct, frozen=True, array_like=True):
    """Who did what to whom."""

    number: int
    """From 1, without a gap."""
    at_wall_ns: int
    actor: str
    """A person's name, ``console:`` and a user of the machine, or ``-`` where nobody is logged in."""
    action: str
    subject: str
    detail: str


class Head(msgspec.Struct, frozen=True):
    """The end of the log: whoever keeps it elsewhere sees that rows were taken away or all was written anew."""

    number: int = 0
    mark: bytes = GENESIS

    def __str__(self) -> str:
        return f"{self.number}:{self.mark.hex()}"


def head_of(text: str) -> Head:
    """Read ``NUMBER:MARK`` as it was printed; raises ValueError where it is none."""
    number, _, mark = text.strip().partition(":")
    try:
        head = Head(int(number), bytes.fromhex(mark))
    except ValueError:
        head = Head(-1)
    if head.number < 0 or len(head.mark) != len(GENESIS):
        raise ValueError(f"{text[:80]!a} is no head of an audit log: NUMBER:64 hexadecimal digits")
    return head


def mark_of(before: bytes, row: Row) -> bytes:
    """The mark of a row after a row with the mark ``before``."""
    return hashlib.sha256(_LABEL + before + _encode(row)).digest()


def faults(rows: Iterable[tuple[Row, bytes]], end: Head, kept: Head | None = None) -> Iterator[str]:
    """Name each row that is not as it was written.

    ``end`` is the head that stands beside the log, ``kept`` one that somebody kept elsewhere.
    """
    before, number = GENESIS, 0
    marks = {}
    for row, mark in rows:
        if row.number != number + 1:
            yield f"{_rows(number + 1, row.number - 1)} missing"
        elif mark_of(before, row) != mark:
            yield f"row {row.number} was changed, or one before it was changed, put in or taken out"
        before, number = mark, row.number
        if number in {end.number, kept.number if kept else 0}:
            marks[number] = mark
    if number > end.number:
        yield f"{_rows(end.number + 1, number)} not known to the head beside the log, which ends at {end.number}"
    for head in (end, kept):
        if head is None or head.number == 0:
            continue
        if head.number > number:
            yield f"{_rows(number + 1, head.number)} missing at the end: the log once had {head.number}"
        elif marks.get(head.number, head.mark) != head.mark:
            yield f"row {head.number} is not the one that was the head: rows up to it were written anew"


def _rows(first: int, last: int) -> str:
    return f"row {first} is" if first == last else f"rows {first} to {last} are"
