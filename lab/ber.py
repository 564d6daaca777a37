"""BER as far as SNMP v1 and v2c use it (X.690, RFC 3416), bytes to values and back; it raises only ValueError."""

from collections.abc import Iterator

Oid = tuple[int, ...]

INTEGER, OCTETS, NULL, OBJECT_ID, SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30
NO_SUCH_OBJECT, END_OF_VIEW = 0x80, 0x82


def wrap(tag: int, content: bytes) -> bytes:
    """One element: tag, definite length, content."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def encode_integer(value: int, tag: int = INTEGER) -> bytes:
    """A signed number in as few bytes as it needs; counters and gauges are positive and so get a leading zero."""
    bits = (value if value >= 0 else ~value).bit_length()
    return wrap(tag, value.to_bytes(bits // 8 + 1, "big", signed=True))


def encode_oid(oid: Oid) -> bytes:
    """An object identifier of two components or more."""
    content = bytearray()
    for number in (oid[0] * 40 + oid[1], *oid[2:]):
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.append(0x80 | (number & 0x7F))
        content += bytes(reversed(groups))
    return wrap(OBJECT_ID, bytes(content))


def elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The elements one after the other, as tag and content."""
    position = 0
    while position < len(data):
        tag, content, position = _element(data, position)
        yield tag, content


def only(data: bytes, tag: int) -> bytes:
    """Content of the one element that ``data`` must be."""
    found, content, end = _element(data, 0)
    if found != tag or end != len(data):
        raise ValueError(f"expected one element of tag {tag:#x}")
    return content


def decode_integer(content: bytes) -> int:
    """A signed number of at most eight bytes."""
    if not 1 <= len(content) <= 8:
        raise ValueError("a number of no or too many bytes")
    return int.from_bytes(content, "big", signed=True)


def decode_oid(content: bytes) -> Oid:
    """An object identifier of at most 128 components (RFC 2578 3.5)."""
    numbers: list[int] = []
    number = 0
    for byte in content:
        number = number << 7 | byte & 0x7F
        if number > 0xFFFFFFFF + 80:
            raise ValueError("a component above 2^32 - 1")
        if not byte & 0x80:
            numbers.append(number)
            number = 0
    if not numbers or content[-1] & 0x80 or len(numbers) > 127:
        raise ValueError("no object identifier")
    first = min(numbers[0] // 40, 2)
    return (first, numbers[0] - first * 40, *numbers[1:])


def _element(data: bytes, position: int) -> tuple[int, bytes, int]:
    if len(data) - position < 2:
        raise ValueError("cut off in a head")
    tag, size = data[position], data[position + 1]
    position += 2
    if size & 0x80:
        count = size & 0x7F
        if not 1 <= count <= 4 or len(data) - position < count:
            raise ValueError("a length of no or too many bytes")
        size = int.from_bytes(data[position : position + count], "big")
        position += count
    if len(data) - position < size:
        raise ValueError("cut off in a body")
    return tag, data[position : position + size], position + size
