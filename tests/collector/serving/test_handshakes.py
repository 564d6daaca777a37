"""A collector that ends TLS itself, under connections that never get as far as a request, and with few files."""

import asyncio
import contextlib
import os
import resource
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from collector.serving.files import needed, room_for
from collector.settings import ListenSettings, TlsSettings
from lab.ports import free_port
from tests.collector.serving.test_deadlines import House, house, read, until
from tests.peers.authority import authority
from tests.peers.programs import PYTHON, Program, running
from tests.peers.programs import until as eventually
from tests.peers.settings_files import collector_file

ASKING = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> tuple[TlsSettings, ssl.SSLContext]:
    folder = tmp_path_factory.mktemp("ca")
    signer = authority(folder, "ca")
    certificate, key = signer.server(folder, "collector")
    return TlsSettings(certificate=certificate, key=key), ssl.create_default_context(cafile=str(signer.path))


async def ask(port: int, trust: ssl.SSLContext) -> bytes:
    reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port, ssl=trust), 10)
    with contextlib.closing(writer):
        writer.write(ASKING)
        return await read(reader)


async def silent(found: House, number: int) -> list[asyncio.StreamWriter]:
    return [(await found.send())[1] for _ in range(number)]


async def test_silent_connections_of_one_address_push_each_other_out_before_any_handshake(
    signed: tuple[TlsSettings, ssl.SSLContext],
) -> None:
    tls, trust = signed
    async with house(tls=tls, head_seconds=30, connections_per_address=5, proxies=()) as found:
        writers = await silent(found, 40)
        await until(lambda: found.refused("address") == 35)
        await until(lambda: found.open() == 5)

        assert (await ask(found.port, trust)).startswith(b"HTTP/1.1 200")
        for writer in writers:
            writer.close()


async def test_an_honest_client_comes_in_while_silent_connections_fill_every_place(
    signed: tuple[TlsSettings, ssl.SSLContext],
) -> None:
    tls, trust = signed
    async with house(tls=tls, head_seconds=30, connections=20) as found:
        writers = await silent(found, 60)

        assert (await ask(found.port, trust)).startswith(b"HTTP/1.1 200")
        assert found.refused("crowd") >= 40
        for writer in writers:
            writer.close()


async def test_a_handshake_has_its_time_however_it_is_drawn_out(signed: tuple[TlsSettings, ssl.SSLContext]) -> None:
    async with house(tls=signed[0], head_seconds=0.3) as found:
        mute, other = await found.send()
        reader, writer = await found.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")

        async def trickle() -> None:
            while not writer.is_closing():
                writer.write(b"\x00")
                await asyncio.sleep(0.02)

        trickling = asyncio.create_task(trickle())
        assert await read(mute) == b""
        await read(reader)
        trickling.cancel()
        writer.close()
        other.close()

        await until(lambda: found.refused("handshake") == 2)
        await until(lambda: found.open() == 0)


@pytest.mark.parametrize("first", [b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 100, b"\x16\x03\x01\x00\x02\x01\x00"])
async def test_what_is_no_handshake_ends_at_once_and_is_counted(
    signed: tuple[TlsSettings, ssl.SSLContext], first: bytes
) -> None:
    async with house(tls=signed[0], head_seconds=5) as found:
        reader, writer = await found.send(first)
        writer.write_eof()
        await read(reader)
        writer.close()

        await until(lambda: found.refused("handshake") == 1)
        await until(lambda: found.open() == 0)


async def test_whoever_is_in_a_handshake_when_the_server_ends_does_not_hold_it_up(
    signed: tuple[TlsSettings, ssl.SSLContext],
) -> None:
    async with house(tls=signed[0], head_seconds=60) as found:
        writers = await silent(found, 3)
        await until(lambda: found.open() == 3)
        begun = time.monotonic()

    assert time.monotonic() - begun < 2
    for writer in writers:
        writer.close()


@contextmanager
def collector(
    folder: Path, signed: tuple[TlsSettings, ssl.SSLContext], files: int, **listen: int
) -> Iterator[tuple[int, Program]]:
    """A whole one that ends TLS itself and may have so many files open."""
    (tls, trust), port = signed, free_port()
    path = collector_file(folder, port, ["province"], ["a1"])
    said = yaml.safe_load(path.read_text(encoding="utf-8"))
    keys = {"certificate": str(tls.certificate), "key": str(tls.key)}
    said["listen"] |= {"tls": keys, "proxies": [], **listen}
    path.write_text(yaml.safe_dump(said), encoding="utf-8")
    command = f'ulimit -n {files}; exec "{PYTHON}" -m collector run --config "{path}"'
    with running("collector", ["bash", "-c", command], folder) as program:
        eventually("it listens", lambda: answer(port, trust), program)
        yield port, program


def answer(port: int, trust: ssl.SSLContext, seconds: float = 10.0) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as plain:
        plain.settimeout(seconds)
        with trust.wrap_socket(plain, server_hostname="127.0.0.1") as client:
            client.sendall(ASKING)
            return client.recv(15)


@contextmanager
def many_silent(port: int, number: int) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for _ in range(number):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)  # noqa: FBT003 - the argument has no name
            with contextlib.suppress(BlockingIOError):
                client.connect(("127.0.0.1", port))
        yield


def open_files(program: Program) -> int:
    return len(list(Path(f"/proc/{program.pid}/fd").iterdir()))


def cpu_seconds(program: Program) -> float:
    fields = Path(f"/proc/{program.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def files_limited(program: Program, files: int) -> Iterator[None]:
    """A running program may open none above this number for a while."""
    before = resource.prlimit(program.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(program.pid, resource.RLIMIT_NOFILE, (files, before[1]))
    try:
        yield
    finally:
        resource.prlimit(program.pid, resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize("per_address", [50, 1000], ids=["of one address", "over the files"])
def test_silent_connections_leave_files_for_honest_ones_and_for_the_disk(
    tmp_path: Path, signed: tuple[TlsSettings, ssl.SSLContext], per_address: int
) -> None:
    _, trust = signed
    with collector(tmp_path, signed, 600, connections_per_address=per_address) as (port, program):
        assert answer(port, trust).startswith(b"HTTP/1.1 200")
        with many_silent(port, 700):
            eventually("all are taken in", lambda: backlog(port) == 0, program)
            assert answer(port, trust).startswith(b"HTTP/1.1 200")
            assert open_files(program) < 500
        assert answer(port, trust).startswith(b"HTTP/1.1 200")
        assert program.said().count("leaves room for 344 of the 12000 connections") == 1


def backlog(port: int) -> int:
    """Connections that the kernel holds and nobody has taken in."""
    found = subprocess.run(["ss", "-Hltn", f"sport = :{port}"], capture_output=True, text=True, check=True)
    return int(found.stdout.split()[1])


def test_without_a_file_for_a_newcomer_the_server_neither_spins_nor_stops(
    tmp_path: Path, signed: tuple[TlsSettings, ssl.SSLContext]
) -> None:
    _, trust = signed
    with collector(tmp_path, signed, 2000) as (port, program):
        with files_limited(program, open_files(program) - 5):
            begun, spent = time.monotonic(), cpu_seconds(program)
            with pytest.raises(OSError, match="timed out"):
                answer(port, trust, 1.0)
            share = (cpu_seconds(program) - spent) / (time.monotonic() - begun)

        assert answer(port, trust).startswith(b"HTTP/1.1 200")
        assert share < 0.1, "one that spins takes whatever it gets"


def test_who_says_nothing_makes_room_where_files_are_short_whatever_the_limits_say(
    tmp_path: Path, signed: tuple[TlsSettings, ssl.SSLContext]
) -> None:
    _, trust = signed
    with collector(tmp_path, signed, 2000, head_seconds=60) as (port, program), many_silent(port, 200):
        eventually("all are taken in", lambda: open_files(program) > 200, program)
        with files_limited(program, open_files(program) - 5):
            assert answer(port, trust).startswith(b"HTTP/1.1 200")
            eventually("not all had to go", lambda: open_files(program) > 100, program)


def test_nobody_has_to_go_while_there_is_a_file_for_whoever_comes(
    tmp_path: Path, signed: tuple[TlsSettings, ssl.SSLContext]
) -> None:
    """The kernel says that files are short also where nobody is at the door."""
    _, trust = signed
    with collector(tmp_path, signed, 2000, head_seconds=60) as (port, program), many_silent(port, 50):
        eventually("all are taken in", lambda: open_files(program) > 50 and backlog(port) == 0, program)
        before = open_files(program)
        with files_limited(program, before + 1):
            assert answer(port, trust).startswith(b"HTTP/1.1 200")
            assert open_files(program) >= before


def test_the_soft_limit_is_raised_as_far_as_it_is_needed_and_allowed() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (300, hard))

        assert room_for(400) == 400
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (needed(400), hard)
        assert room_for(hard) == hard - (needed(0))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_the_unit_allows_what_the_settings_do() -> None:
    unit = Path(__file__).parents[3] / "config" / "systemd" / "phusong-collector.service"
    (line,) = [line for line in unit.read_text(encoding="utf-8").splitlines() if line.startswith("LimitNOFILE=")]

    assert int(line.partition("=")[2]) >= needed(ListenSettings().connections)
