"""A peer for the collector: the same readings to a real Prometheus by remote write 1.0; it is for measuring only.

Protobuf and snappy are written by hand: three kinds of field, and a compression that copies (the block format allows
it), so that no library's cost is in the figures of the sender. Prometheus decodes it as any other.
"""

import asyncio
import struct
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

from lab.bench.load import Load, Receiver, measure

_CHUNK = 65_536
_RECEIVER = ("--web.enable-remote-write-receiver", "--log.level=error")


def write_request(series: Iterable[tuple[tuple[tuple[str, str], ...], float, int]]) -> bytes:
    """A ``WriteRequest`` of (sorted labels, value, milliseconds since 1970), snappy's block format around it."""
    return snappy(b"".join(_field(1, _series(labels, value, at_ms)) for labels, value, at_ms in series))


def snappy(plain: bytes) -> bytes:
    """Snappy's block format, all literals."""
    parts = [_varint(len(plain))]
    for start in range(0, len(plain), _CHUNK):
        chunk = plain[start : start + _CHUNK]
        parts += (bytes((61 << 2,)), struct.pack("<H", len(chunk) - 1), chunk)
    return b"".join(parts)


def peer(program: str, load: Load, folder: Path, port: int) -> tuple[str, ...]:
    """Start a Prometheus, send it the load, and give a row of the table."""
    settings = folder / "prometheus.yml"
    settings.write_text("global: {}\n", encoding="utf-8")
    data, address = f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address=127.0.0.1:{port}"
    command = [program, f"--config.file={settings}", data, address, *_RECEIVER]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        rounds = range(load.rounds)
        bodies = [[_body(agent, load.readings, number) for number in rounds] for agent in range(load.agents)]
        receiver = Receiver(f"Prometheus, {load.agents} agents", process.pid, port, _head(port))
        return asyncio.run(measure(receiver, load, bodies)).row()
    finally:
        process.terminate()
        process.wait()


def _body(agent: int, readings: int, number: int) -> bytes:
    at_ms = int(time.time() * 1000) + number * 30_000 - 60_000
    name = ("__name__", "phusong_ping_train_rtt_median_seconds")
    return write_request(
        ((name, ("instance", f"fleet{agent}-{place}"), ("site", f"fleet{agent}")), 0.010 + 0.001 * (place % 7), at_ms)
        for place in range(readings)
    )


def _head(port: int) -> str:
    return (
        f"POST /api/v1/write HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Encoding: snappy\r\n"
        "Content-Type: application/x-protobuf\r\nX-Prometheus-Remote-Write-Version: 0.1.0\r\n"
    )


def _series(labels: tuple[tuple[str, str], ...], value: float, at_ms: int) -> bytes:
    named = b"".join(_field(1, _field(1, name.encode()) + _field(2, text.encode())) for name, text in labels)
    return named + _field(2, b"\x09" + struct.pack("<d", value) + b"\x10" + _varint(at_ms))


def _field(number: int, content: bytes) -> bytes:
    return bytes((number << 3 | 2,)) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)
