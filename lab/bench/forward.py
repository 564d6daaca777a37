"""What forwarding a sample costs: our encoders beside the protobuf package's, and the whole way into Prometheus."""

import asyncio
import logging
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cramjam import snappy
from prometheus_client import CollectorRegistry

from collector.forward.bodies import chunks, grouped
from collector.forward.encoding import Blocks, TimeSeries, write_request, write_request_2
from collector.forward.opening import open_forwarding
from collector.forward.settings import DestinationSettings
from collector.forward.translate import Translator
from collector.ingest.inbox import Inbox, Parcel, StoredParcel
from collector.ingest.sqlite import open_sqlite_inbox
from collector.series.settings import SeriesSettings
from lab.bench import Bench, Table
from lab.bench.remote_write_schema import message
from lab.ports import free_port
from shared.clock import SystemClock
from shared.wire.codec import Limits, encode_batch
from shared.wire.reading import Batch, ClockQuality, Cycle, Lane, Outcome, Reading, Record, Sample

_SITES, _CYCLES, _SERIES = 193, 60, 30
_SECOND_NS = 1_000_000_000
_BODY = 2000
_COLUMNS = ("step", "samples", "CPU s", "samples per CPU s", "bytes a sample")
_NOTES = (
    f"{_SITES} agents, {_CYCLES} cycles of 30 s, {_SERIES} series each, bodies of {_BODY} samples.",
    "The whole way: read, decoded, labelled, encoded, compressed, sent, cursor on disk; not the store's own CPU.",
)


def run(progress: Callable[[str], None]) -> Table:
    """Encode and send half an hour of a province."""
    parcels = list(_parcels(time.time_ns()))
    translator = Translator({}, {"job": "phusong-forward"}, SeriesSettings(), Limits())
    progress("translating")
    begun = time.process_time()
    points = [point for parcel in parcels for point in translator.translate(parcel, time.time_ns()).points]
    rows = [_row("batches read and labelled", len(points), time.process_time() - begun, 0)]
    parts = [grouped(part) for part in chunks(points, _BODY)]
    blocks, plain = Blocks(), message("prometheus.WriteRequest")
    for name, write in (
        ("own encoder, 1.0", lambda series: write_request(series, blocks)),
        ("own encoder, 2.0", write_request_2),
        ("protobuf package, 1.0", lambda series: _theirs(plain, series)),
    ):
        progress(name)
        rows.append(_encoded(name, write, parts, len(points)))
    program = shutil.which("prometheus")
    if program is None:
        return Table(
            "Forward", _COLUMNS, tuple(rows), (*_NOTES, "Prometheus is not installed: apt-get install prometheus")
        )
    progress("the whole way into Prometheus")
    with tempfile.TemporaryDirectory(prefix="phusong-bench-") as folder, _store(program, Path(folder)) as url:
        rows.append(asyncio.run(_forwarded(parcels, len(points), url, Path(folder))))
    return Table("Forward: what a sample costs", _COLUMNS, tuple(rows), _NOTES)


def _encoded(
    name: str, write: Callable[[list[TimeSeries]], bytes], parts: list[list[TimeSeries]], samples: int
) -> tuple[str, ...]:
    begun = time.process_time()
    size = sum(len(snappy.compress_raw(write(part))) for part in parts)
    return _row(f"{name}, snappy", samples, time.process_time() - begun, size)


def _theirs(kind: Callable[[], object], series: list[TimeSeries]) -> bytes:
    request = kind()
    for each in series:
        added = request.timeseries.add()  # type: ignore[attr-defined]
        for name, value in each.labels:
            added.labels.add(name=name, value=value)
        for at_ms, number in each.samples:
            added.samples.add(value=number, timestamp=at_ms)
    return bytes(request.SerializeToString())  # type: ignore[attr-defined]


async def _forwarded(parcels: list[StoredParcel], samples: int, url: str, folder: Path) -> tuple[str, ...]:
    registry, clock = CollectorRegistry(), SystemClock()
    destination = DestinationSettings(name="bench", url=f"{url}/api/v1/write")
    async with open_sqlite_inbox(folder / "inbox.sqlite") as inbox:
        for begin in range(0, len(parcels), 1000):
            await asyncio.gather(*[inbox.store(_fresh(each)) for each in parcels[begin : begin + 1000]])
        begun = time.process_time()
        await _forward(inbox, destination, folder, registry, clock, samples)
        return _row("the whole way into Prometheus", samples, time.process_time() - begun, 0)


def _fresh(parcel: StoredParcel) -> Parcel:
    received_ns, body = parcel.received_wall_ns, parcel.body
    return Parcel(agent=parcel.agent, epoch="e", sequences=parcel.fresh, received_wall_ns=received_ns, body=body)


async def _forward(  # noqa: PLR0913, PLR0917 - what the room wants to know
    inbox: Inbox,
    destination: DestinationSettings,
    folder: Path,
    registry: CollectorRegistry,
    clock: SystemClock,
    samples: int,
) -> None:
    async with open_forwarding(
        [destination],
        folder / "forward.sqlite",
        inbox,
        hubs={},
        series=SeriesSettings(),
        limits=Limits(),
        registry=registry,
        clock=clock,
        log=logging.getLogger("bench"),
    ):
        async with asyncio.timeout(300):
            sent = 0.0
            while sent < samples:
                await asyncio.sleep(0.05)
                sent = registry.get_sample_value("phusong_forward_samples_sent_total", {"destination": "bench"}) or 0.0


def _row(name: str, samples: int, cpu_seconds: float, size: int) -> tuple[str, ...]:
    each = f"{size / samples:.1f}" if size else "–"
    return (name, f"{samples:,}", f"{cpu_seconds:.2f}", f"{samples / max(cpu_seconds, 0.001):,.0f}", each)


def _parcels(now_ns: int) -> Iterator[StoredParcel]:
    number = 0
    for cycle in range(_CYCLES):
        at_ns = now_ns - (_CYCLES - cycle) * 30 * _SECOND_NS
        for site in range(_SITES):
            number += 1
            samples = tuple(Sample(f"phusong_bench_{series}", 0.01 * series + cycle) for series in range(_SERIES))
            reading = Reading(
                "ping", "icmp", f"s{site}", f"r{site}", "router", Outcome.OK, at_ns, at_ns, 1_000_000, samples
            )
            record = Record(number, Cycle("boot", ClockQuality.SYNCHRONISED, (reading,)))
            batch = Batch(f"agent{site}", "e", "boot", at_ns, at_ns, Lane.LIVE, (record,))
            yield StoredParcel(
                number=number,
                agent=f"agent{site}",
                received_wall_ns=at_ns,
                fresh=(number,),
                body=encode_batch(batch),
            )


@contextmanager
def _store(program: str, folder: Path) -> Iterator[str]:
    port = free_port()
    settings = folder / "prometheus.yml"
    settings.write_text("storage: {tsdb: {out_of_order_time_window: 30d}}\n", encoding="utf-8")
    command = [
        program,
        f"--config.file={settings}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--web.enable-remote-write-receiver",
        "--log.level=error",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await(f"http://127.0.0.1:{port}/-/ready")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _await(url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310 - our own program
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


BENCH = Bench("forward", "remote write: samples per CPU second beside the protobuf package", run)
