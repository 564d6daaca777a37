"""An SNMP v1/v2c agent over a recording: a datagram in, a datagram or silence out; it never writes to its device."""

from collections.abc import Iterator

from lab import ber
from lab.recording import Moment, Recording

_GET, _NEXT, _SET, _BULK, _RESPONSE = 0xA0, 0xA1, 0xA3, 0xA5, 0xA2
_NO_SUCH_NAME, _NO_ACCESS = 2, 6
_V1, _V2C = 0, 1
_MAX_BYTES = 1400
"""A router that answers in one packet of a common link; GETBULK is cut short, as RFC 3416 4.2.3 allows."""
_MAX_BINDINGS = 256


class Responder:
    """Answers for one recording. What is wrong in version, community or form gets no answer at all."""

    def __init__(self, recording: Recording, community: str) -> None:
        self._views = {_V1: recording.without_64_bits(), _V2C: recording}
        self._community = community.encode()

    def answer(self, datagram: bytes, moment: Moment) -> bytes | None:
        """The response message; None is silence."""
        try:
            head = list(ber.elements(ber.only(datagram, ber.SEQUENCE)))
            (_, version), (_, community), (operation, request) = head
            view = self._views.get(ber.decode_integer(version))
            if view is None or community != self._community:
                return None
            pdu = _response(operation, request, view, moment, v1=view is self._views[_V1])
        except ValueError:
            return None
        if pdu is None:
            return None
        opening = ber.wrap(ber.INTEGER, version) + ber.wrap(ber.OCTETS, community)
        return ber.wrap(ber.SEQUENCE, opening + pdu)


def _response(operation: int, request: bytes, view: Recording, moment: Moment, *, v1: bool) -> bytes | None:
    (_, number), (_, first), (_, second), (_, listed) = ber.elements(request)
    asked = _names(listed)
    if len(asked) > _MAX_BINDINGS:
        return None
    if operation == _SET:
        return _pdu(number, listed, _NO_SUCH_NAME if v1 else _NO_ACCESS, 1)
    if operation == _BULK and not v1:
        return _pdu(number, _bulk(asked, ber.decode_integer(first), ber.decode_integer(second), view, moment))
    if operation not in (_GET, _NEXT):
        return None
    bindings = [_bound(view, oid, moment) if operation == _GET else _next(view, oid, moment) for oid in asked]
    missing = [place for place, (_, found) in enumerate(bindings, 1) if not found]
    if v1 and missing:
        return _pdu(number, listed, _NO_SUCH_NAME, missing[0])
    return _pdu(number, b"".join(binding for binding, _ in bindings))


def _names(listed: bytes) -> list[ber.Oid]:
    names = []
    for tag, binding in ber.elements(listed):
        parts = list(ber.elements(binding))
        if tag != ber.SEQUENCE or len(parts) != 2 or parts[0][0] != ber.OBJECT_ID:
            raise ValueError("no variable binding")
        names.append(ber.decode_oid(parts[0][1]))
    return names


def _bound(view: Recording, oid: ber.Oid, moment: Moment) -> tuple[bytes, bool]:
    row = view.get(oid)
    if row is None:
        return ber.wrap(ber.SEQUENCE, ber.encode_oid(oid) + ber.wrap(ber.NO_SUCH_OBJECT, b"")), False
    return ber.wrap(ber.SEQUENCE, row.name + row.value(moment)), True


def _next(view: Recording, oid: ber.Oid, moment: Moment) -> tuple[bytes, bool]:
    index = view.after(oid)
    if index == len(view.rows):
        return ber.wrap(ber.SEQUENCE, ber.encode_oid(oid) + ber.wrap(ber.END_OF_VIEW, b"")), False
    row = view.rows[index]
    return ber.wrap(ber.SEQUENCE, row.name + row.value(moment)), True


def _bulk(asked: list[ber.Oid], once: int, repetitions: int, view: Recording, moment: Moment) -> bytes:
    listed = b""
    for binding in _in_bulk(asked, max(once, 0), max(repetitions, 0), view, moment):
        if len(listed) + len(binding) > _MAX_BYTES:
            break
        listed += binding
    return listed


def _in_bulk(asked: list[ber.Oid], once: int, repetitions: int, view: Recording, moment: Moment) -> Iterator[bytes]:
    for oid in asked[:once]:
        yield _next(view, oid, moment)[0]
    places = [view.after(oid) for oid in asked[once:]]
    last = list(asked[once:])
    for _ in range(min(repetitions, len(view.rows) + 1)):
        ended = all(place >= len(view.rows) for place in places)
        for column, place in enumerate(places):
            if place >= len(view.rows):
                yield ber.wrap(ber.SEQUENCE, ber.encode_oid(last[column]) + ber.wrap(ber.END_OF_VIEW, b""))
                continue
            row = view.rows[place]
            last[column] = row.oid
            places[column] = place + 1
            yield ber.wrap(ber.SEQUENCE, row.name + row.value(moment))
        if ended:
            return


def _pdu(number: bytes, listed: bytes, status: int = 0, index: int = 0) -> bytes:
    head = ber.wrap(ber.INTEGER, number) + ber.encode_integer(status) + ber.encode_integer(index)
    return ber.wrap(_RESPONSE, head + ber.wrap(ber.SEQUENCE, listed))
