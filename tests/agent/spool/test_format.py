"""A file of the release before, of this one and of the one after is opened as it is, and its records come out whole."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from agent.spool.opening import open_sqlite_spool
from agent.spool.packing import Shapes, pack, unpack
from agent.spool.quota import SpoolSettings
from shared.wire.codec import Limits, decode_cycle, encode_cycle
from shared.wire.reading import ClockQuality, Cycle, Outcome, Reading, Sample

GOLDEN = Path(__file__).parent / "golden"
PLENTY = 10**9


def cycle(n: int, *values: float) -> Cycle:
    samples = (
        Sample("probe_success", 1.0),
        *(Sample(f"value_{i}", value, (("le", "x"),)) for i, value in enumerate(values)),
    )
    started = (n * 10**9, 1764 * 10**15 + n * 10**9, 5_000_000)
    readings = tuple(
        Reading("ping", "icmp", "010000", f"r-{k}", "router", Outcome.OK, *started, samples) for k in range(4)
    )
    return Cycle("boot", ClockQuality.SYNCHRONISED, readings)


@pytest.mark.parametrize("name", ["format-1", "format-2", "format-3"])
def test_a_golden_file_is_opened_and_its_records_are_whole(name: str, tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite"
    shutil.copy(GOLDEN / f"{name.replace('3', '2')}.sqlite", path)
    if name == "format-3":
        with sqlite3.connect(path) as later:
            later.execute("ALTER TABLE record ADD COLUMN something_new TEXT")
            later.execute("PRAGMA user_version = 3")
        later.close()
    for _ in range(2):
        with open_sqlite_spool(tmp_path, SpoolSettings()) as spool:
            waiting = spool.oldest(PLENTY, PLENTY)
            assert [stored.sequence for stored in waiting] == list(range(5, 13))
            for stored in waiting:
                reading = decode_cycle(stored.blob, Limits()).readings[0]
                assert reading.started_monotonic_ns == (stored.sequence - 1) * 10**9
                assert reading.samples[1].value == (stored.sequence - 1) * 0.012345
            assert [(gap.records, gap.first_sequence, gap.last_sequence) for gap in spool.gaps()] == [(1, 4, 4)]
            assert spool.dead_letters() == 1
    with open_sqlite_spool(tmp_path, SpoolSettings()) as spool:
        assert spool.put(encode_cycle(cycle(1, 2.0)), 99) == 13
    assert not list(tmp_path.glob("*corrupt*"))
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA user_version").fetchone()[0] == (3 if name == "format-3" else 2)
    database.close()


def test_packing_gives_back_every_bit_of_every_value() -> None:
    odd = (0.0, -0.0, 1e300, -1.5, float("inf"), float("nan"), 2.0**53, 0.012345678, 1764000000.123456, 5e-324, -7.0)
    shapes = Shapes()
    for n in range(6):
        blob = encode_cycle(cycle(n, *odd[n:], *odd[:n], float(n), n / 1e9))
        packed, _ = pack(blob, shapes)
        assert packed is None or unpack(packed, shapes) == blob
        if n > 1:
            assert packed is not None


def test_a_shape_survives_the_loss_of_either_copy(tmp_path: Path) -> None:
    with open_sqlite_spool(tmp_path, SpoolSettings()) as spool:
        put = {spool.put(encode_cycle(cycle(n, 1.5)), n): encode_cycle(cycle(n, 1.5)) for n in range(10)}
    for table in ("shape", "shape_again"):
        with sqlite3.connect(tmp_path / "spool.sqlite") as database:
            assert database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] > 0  # noqa: S608
            database.execute(f"UPDATE {table} SET crc32 = crc32 + 1")  # noqa: S608
        database.close()
        with open_sqlite_spool(tmp_path, SpoolSettings()) as spool:
            assert {stored.sequence: stored.blob for stored in spool.oldest(PLENTY, PLENTY)} == put
        with sqlite3.connect(tmp_path / "spool.sqlite") as database:
            database.execute(f"UPDATE {table} SET crc32 = crc32 - 1")  # noqa: S608
        database.close()


def test_what_was_acknowledged_waits_again_from_the_sequence_asked_for(tmp_path: Path) -> None:
    hour_ns = 3_600_000_000_000
    with open_sqlite_spool(tmp_path, SpoolSettings()) as spool:
        for n in range(10):
            spool.put(b"x", n)
        spool.acknowledge([1, 2], hour_ns)
        spool.acknowledge([3, 4, 5, 6, 7], 49 * hour_ns + 1)
        assert spool.reopen(1) == 5, "the first two were acknowledged more than 48 hours ago"
        assert [stored.sequence for stored in spool.oldest(PLENTY, PLENTY)] == [3, 4, 5, 6, 7, 8, 9, 10]
        spool.acknowledge([3, 4, 5, 6, 7], 50 * hour_ns)
        assert spool.reopen(6) == 2
    with open_sqlite_spool(tmp_path, SpoolSettings()) as spool:
        assert [stored.sequence for stored in spool.oldest(PLENTY, PLENTY)] == [6, 7, 8, 9, 10]


def test_a_gap_says_when_its_first_and_last_record_were_stored_even_after_a_restart(tmp_path: Path) -> None:
    with open_sqlite_spool(tmp_path, SpoolSettings(quota_megabytes=1)) as spool:
        for n in range(200):
            spool.put(bytes([n % 251]) * 20_000, 1000 + n)
    with open_sqlite_spool(tmp_path, SpoolSettings(quota_megabytes=1)) as spool:
        (gap,) = spool.gaps()
    assert (gap.first_sequence, gap.first_wall_ns) == (1, 1000)
    assert gap.last_wall_ns == 999 + gap.last_sequence
