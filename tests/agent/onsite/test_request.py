"""What clients send to the page: two paths are answered, all else is refused with the status that says why."""

import random
from http import HTTPStatus

import pytest

from agent.onsite.request import HEAD_BYTES, Asked, Dialogue, Document, Refused, is_ours, refusal

HOSTS = ("may-giam-sat", "phusong.xa.example")
PLAIN = b"GET / HTTP/1.1\r\nHost: 192.168.1.10:8088\r\n\r\n"


def heard(*pieces: bytes) -> Asked | Refused | None:
    dialogue = Dialogue(HOSTS)
    for piece in pieces:
        said = dialogue.hear(piece)
        if said is not None:
            return said
    return None


@pytest.mark.parametrize(
    ("request_line", "asked"),
    [
        (b"GET / HTTP/1.1", Asked("/", "")),
        (b"HEAD /healthz HTTP/1.1", Asked("/healthz", "")),
        (b"GET /?lang=en&x=%00 HTTP/1.1", Asked("/", "lang=en&x=%00")),
        (b"GET /../etc/passwd HTTP/1.1", Asked("/../etc/passwd", "")),
    ],
)
def test_what_may_be_asked(request_line: bytes, asked: Asked) -> None:
    assert heard(request_line + b"\r\nHost: 192.168.1.10:8088\r\n\r\n") == asked


def test_a_head_may_come_in_pieces_and_half_of_one_is_waited_for() -> None:
    assert heard(*(PLAIN[n : n + 1] for n in range(len(PLAIN)))) == Asked("/", "")
    assert heard(PLAIN[:-1]) is None


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"POST / HTTP/1.1\r\nHost: 10.0.0.1\r\nContent-Length: 5\r\n\r\nhello", 405),
        (b"DELETE / HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n", 405),
        (b"CONNECT evil:443 HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n", 405),
        (b"GET / HTTP/1.1\r\nHost: 10.0.0.1\r\nContent-Length: 5\r\n\r\nhello", 413),
        (b"GET / HTTP/1.1\r\nHost: 10.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: 10.0.0.1\r\nHost: 10.0.0.2\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: 10.0.0.1\r\nContent-Length: 0, 5\r\n\r\n", 400),
        (b"GET /\x00 HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\nHost: 10.0.0.1\r\n\r\n", 505),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), 400),
        (b"\r\n" * 200 + b"\x00\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: 10.0.0.1\r\nbad header\r\n\r\n", 400),
        (b"", 400),
    ],
)
def test_what_is_refused_and_why(data: bytes, status: int) -> None:
    assert heard(data, b"") == Refused(HTTPStatus(status))


def test_a_head_has_eight_kilobytes() -> None:
    pieces = [b"GET / HTTP/1.1\r\nHost: 10.0.0.1\r\n", *([b"X-A: " + b"a" * 1000 + b"\r\n"] * 9)]
    endless = [b"GET /", *([b"a" * 1000] * 9)]

    assert heard(*pieces, b"\r\n") == Refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    assert heard(*endless) == Refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    assert isinstance(heard(*pieces[:7], b"\r\n"), Asked)
    assert Dialogue(()).room_bytes == HEAD_BYTES + 1 == 8193


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("192.168.1.10:8088", True),
        ("192.168.1.10", True),
        ("[fd00::10]:8088", True),
        ("[::1]", True),
        ("localhost:8088", True),
        ("MAY-GIAM-SAT:8088", True),
        ("phusong.xa.example", True),
        ("", True),
        ("evil.example", False),
        ("evil.example:8088", False),
        ("192.168.1.10.evil.example", False),
        ("may-giam-sat.evil.example", False),
        ("192.168.1.10@evil.example", False),
        ("evil.example#192.168.1.10", False),
        ("[evil.example]:8088", False),
        ("0x7f.1", False),
    ],
)
def test_whoever_asks_by_a_name_asks_by_one_that_the_settings_know(host: str, ours: bool) -> None:
    """A page from elsewhere whose name leads here all at once must not read this one."""
    assert is_ours(host, HOSTS) is ours


@pytest.mark.parametrize("seed", range(20))
def test_noise_is_refused_or_waited_for_and_never_raises(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(200):
        data = bytearray(PLAIN if draw.random() < 0.7 else draw.randbytes(draw.randrange(300)))
        for _ in range(draw.randrange(1, 6)):
            if data:
                data[draw.randrange(len(data))] = draw.randrange(256)
        said = heard(bytes(data), b"")
        assert isinstance(said, Asked | Refused)


def test_every_answer_forbids_what_a_page_does_not_need() -> None:
    for document in (Document("x"), Document("<p>", "text/html", "default-src 'none'"), refusal(HTTPStatus.NOT_FOUND)):
        dialogue = Dialogue(())
        dialogue.hear(PLAIN)
        head, _, body = dialogue.say(document).decode().partition("\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.splitlines()[1:])

        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Connection"] == "close"
        assert int(headers["Content-Length"]) == len(body.encode())
        assert "Server" not in headers


def test_a_head_has_no_body_but_its_length() -> None:
    dialogue = Dialogue(())
    dialogue.hear(PLAIN.replace(b"GET", b"HEAD"))

    assert dialogue.say(Document("ok\n")).endswith(b"\r\n\r\n")
    assert b"Content-Length: 3\r\n" in dialogue.say(Document("ok\n"))


def test_who_may_not_is_told_what_he_may() -> None:
    dialogue = Dialogue(())
    said = dialogue.hear(PLAIN.replace(b"GET", b"PUT"))

    assert isinstance(said, Refused)
    assert b"Allow: GET, HEAD\r\n" in dialogue.say(refusal(said.status))
