"""blackbox_exporter as a prober of echo: one scrape of its page is one packet; nothing of it is ours."""

import asyncio
import os
import re
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from lab.bench.icmp_own import addresses_from

PROGRAM = "prometheus-blackbox-exporter"
_MODULE = "modules: {icmp: {prober: icmp, timeout: 1s, icmp: {preferred_ip_protocol: ip4}}}\n"
_RTT = re.compile(r'^probe_icmp_duration_seconds{phase="rtt"} (\S+)$', re.MULTILINE)
_OK = re.compile(r"^probe_success 1$", re.MULTILINE)
_TRIES, _PAUSE_SECONDS = 100, 0.05
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


async def blackbox(count: int, interval: float, first: str, number: int) -> dict[str, Any]:
    """Scrapes each target once an interval, the targets spread over it; the CPU is that of the exporter alone."""
    addresses = addresses_from(first, number)
    async with _serving() as (port, pid):
        before = _cpu_of(pid)
        rtts = await asyncio.gather(
            *(_scrapes(port, address, count, interval, place / number) for place, address in enumerate(addresses))
        )
        after = _cpu_of(pid)
    user, system = ((then - now) / _TICKS_A_SECOND for now, then in zip(before, after, strict=True))
    received = sum(len(times) - times.count(None) for times in rtts)
    sent = count * number
    return {"rtts_us": rtts, "sent": sent, "received": received, "cpu_seconds": user + system, "system_seconds": system}


async def _scrapes(port: int, address: str, count: int, interval: float, phase: float) -> list[float | None]:
    loop = asyncio.get_running_loop()
    begun = loop.time() + phase * interval
    found: list[float | None] = []
    for turn in range(count):
        await asyncio.sleep(begun + turn * interval - loop.time())
        page = await _page(port, f"/probe?module=icmp&target={address}")
        told = _RTT.search(page)
        found.append(float(told[1]) * 1e6 if told and _OK.search(page) else None)
    return found


async def _page(port: int, path: str) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        return (await reader.read()).decode()
    finally:
        writer.close()


@contextmanager
def _settings() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "blackbox.yml")
        path.write_text(_MODULE, encoding="utf-8")
        yield path


@asynccontextmanager
async def _serving() -> AsyncIterator[tuple[int, int]]:
    """The exporter on a free port of the namespace: port and process."""
    with _settings() as settings, socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        free.close()
        child = await asyncio.create_subprocess_exec(
            *(PROGRAM, f"--config.file={settings}", f"--web.listen-address=127.0.0.1:{port}"),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            await _until_it_answers(port)
            yield port, child.pid
        finally:
            child.terminate()
            await child.wait()


async def _until_it_answers(port: int) -> None:
    for _ in range(_TRIES):
        try:
            await _page(port, "/-/healthy")
        except OSError:
            await asyncio.sleep(_PAUSE_SECONDS)
        else:
            return
    raise RuntimeError(f"{PROGRAM} did not answer within {_TRIES * _PAUSE_SECONDS:g} s")


def _cpu_of(pid: int) -> tuple[int, int]:
    """(user, system) clock ticks of a process so far, from /proc/PID/stat."""
    words = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return int(words[11]), int(words[12])
