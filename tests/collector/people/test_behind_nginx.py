"""People behind the shipped configuration of nginx: where forms come from, whose tries count, what stays inside."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from collector.notify.settings import NotifySettings
from collector.notify.webhook import WebhookSettings
from collector.people.person import Role
from lab.ports import free_port
from shared.secret import Secret
from tests.config.test_nginx import CONFIGURATION
from tests.peers.authority import Authority, authority
from tests.peers.presence import require
from tests.peers.programs import running, until
from tests.peers.visitor import Visitor, house

INSIDE = ("/metrics", "/sd/icmp", "/sd/snmp")
OPEN = ("/healthz", "/readyz", "/api/v1/status", "/static/people.css")
POSTED = ("/api/v1/batches", "/api/v1/enrol", "/api/v1/rotate", "/api/v1/notify/receipts", "/api/v1/screens")


def configured(folder: Path, ca: Authority, port: int, behind: int) -> Path:
    """The shipped file in a frame, with the test's certificate and ports."""
    chain, key = ca.server(folder, "server")
    text = CONFIGURATION.read_text(encoding="utf-8")
    for before, after in (
        ("/etc/phusong/chain.pem", str(chain)),
        ("/etc/phusong/server.key", str(key)),
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("http://127.0.0.1:8080", f"http://127.0.0.1:{behind}"),
    ):
        assert before in text
        text = text.replace(before, after)
    paths = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file = folder / "nginx.conf"
    frame = (
        f"daemon off;\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{paths}{text}}}\n"
    )
    file.write_text(frame, encoding="utf-8")
    return file


def spellings(path: str) -> Iterator[str]:
    """What a proxy, or whoever stands behind it, may take for this path."""
    for tail in ("%0A", "%0a%0a", "%0D%0A", "%0D", "%00", "%00.css", "%09", "%7F", "%20", "%C2%85", "%E2%80%A8", "%FF"):
        yield path + tail
    for tail in (
        "/",
        "//",
        "/.",
        "/..",
        "/x/..",
        "/%2e%2e",
        "%2F",
        "%5C",
        "\\",
        ";x",
        ";/..",
        "%23",
        "%3F",
        "%25",
        ".",
        "~",
        "#x",
    ):
        yield path + tail
    for head in (
        "/",
        "/.",
        "/x/..",
        "/%2e",
        "/x/%2e%2e",
        "/x/%2E.",
        "/x%2f..",
        "/x%5c..",
        "/%5C",
        "/%2F",
        "/%0A",
        "/%00",
        "/static/..",
    ):
        yield head + path
    yield from (
        f"{path[:2]}{rest}"
        for rest in (path[2:].upper(), f"%{ord(path[2]):02x}{path[3:]}", f"%25{ord(path[2]):02x}{path[3:]}")
    )
    yield f"/%{ord(path[1]):02X}{path[2:]}"
    yield f"/%EF%BC%{ord(path[1]) + 0x20:02X}{path[2:]}"  # full width
    yield from (
        slash.join(("", *path[1:].split("/")))
        for slash in ("//", "/./", "/x/../", "\\", "%2F", "%5c", "%252F", "%c0%af")
    )
    yield from (f"http://127.0.0.1{path}%0A", f"http://127.0.0.1/{path}", f"http://127.0.0.1/x/..{path}")


@asynccontextmanager
async def proxied(folder: Path, behind: int) -> AsyncIterator[tuple[int, ssl.SSLContext]]:
    """The shipped proxy before a port; gives its port, and whom to trust."""
    program, port, ca = require("nginx", "nginx-light"), free_port(), authority(folder, "ca")
    command = [program, "-p", str(folder), "-c", str(configured(folder, ca, port, behind)), "-e", "stderr"]
    with running("nginx", command, folder) as started:
        await asyncio.to_thread(
            until, "nginx is there", lambda: (folder / "pid").read_text(encoding="ascii").strip(), started
        )
        yield port, ssl.create_default_context(cafile=ca.path)


async def asked(port: int, context: ssl.SSLContext | None, method: str, target: str) -> tuple[int, str]:
    """Status and body of a request whose target goes as it is."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    with contextlib.closing(writer):
        head = f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        writer.write(head.encode())
        answer = (await asyncio.wait_for(reader.read(), 20)).decode("latin-1")
    return int(answer.split(" ", 2)[1]), answer.partition("\r\n\r\n")[2]


@pytest.mark.parametrize("direct", [False, True], ids=["behind nginx", "alone"])
async def test_no_other_spelling_of_a_path_leads_to_it(tmp_path: Path, direct: bool) -> None:
    """Of paths that stay inside, and of every other one that asks for no login."""
    channel = WebhookSettings(name="sms", url="http://127.0.0.1:9/", secret=Secret("x"))
    notify = NotifySettings(channels=(channel,))
    async with house(tmp_path / "state", notify) as found, proxied(tmp_path, found.port) as (outside, trust):
        port, context = (found.port, None) if direct else (outside, trust)
        for path in (*INSIDE, *OPEN, *POSTED):
            method = "POST" if path in POSTED else "GET"
            kept = 403 if not direct and path in INSIDE else 200
            if method == "GET":
                assert (await asked(port, context, method, path))[0] == kept, path
            else:
                assert (await asked(port, context, method, path))[0] in {400, 401, 403}, path
            for spelling in spellings(path):
                status, body = await asked(port, context, method, spelling)
                assert status in {400, 403, 404}, (spelling, status)
                assert "phusong_" not in body, spelling


async def test_nginx_keeps_figures_inside_whoever_stands_behind_it(tmp_path: Path) -> None:
    """One behind it that strips, decodes and joins as it likes must not get to see such a path."""
    seen: list[str] = []

    async def careless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append((await reader.readuntil(b"\r\n\r\n")).split()[1].decode())
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(careless, "127.0.0.1", 0)
    behind = server.sockets[0].getsockname()[1]
    async with server, proxied(tmp_path, behind) as (port, context):
        assert (await asked(port, context, "GET", "/wall"))[0] == 200
        for path in INSIDE:
            for tail in ("", "%0A", "%0D%0A", "%20", "/", "//", ";x", "%2F", "%5C", "%3F", "%23", "%FF", "\\"):
                assert (await asked(port, context, "GET", path + tail))[0] == 403, path + tail
        for other in ("/sd", "/sd%0A", "/sd%2Ficmp", "/%73d/icmp", "//sd/icmp", "/wall/../metrics", "/%6detrics%0A"):
            assert (await asked(port, context, "GET", other))[0] == 403, other

    assert seen == ["/wall"]


async def test_people_log_in_through_the_proxy_and_each_is_counted_by_their_own_address(tmp_path: Path) -> None:
    async with house(tmp_path / "state", required=True) as found:
        found.add("an", Role.VIEWER)
        async with proxied(tmp_path, found.port) as (port, context):
            visitor = Visitor(port, context=context, source="127.0.0.7")
            visitor.headers = {"Origin": f"https://127.0.0.1:{port}", "X-Forwarded-For": "203.0.113.9"}

            assert (await visitor.log_in("an")).status == 303, "an old browser tells its origin only"
            assert (await visitor.get("/account")).status == 200
            assert [(await visitor.get(path)).status for path in ("/metrics", "/sd/icmp")] == [403, 403]
            visitor.headers["Origin"] = f"https://127.0.0.1:{found.port}"
            assert (await visitor.submit("/account", "/logout", {})).status == 403

        assert found.log() == [("an", "login", "an", "127.0.0.7")]
