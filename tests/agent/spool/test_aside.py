"""Files that were found damaged: some are kept for whoever wants to look, and none is forgotten in the count."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from agent.spool.aside import count_aside, set_aside
from agent.spool.opening import open_sqlite_spool
from agent.spool.quota import SpoolSettings


def spoil(path: Path, size: int) -> None:
    path.write_bytes(b"\xff" * size)


def kept(path: Path) -> list[int]:
    return sorted(int(file.name[-8:]) for file in path.parent.glob("*.corrupt-????????"))


def test_the_newest_three_are_kept_and_the_count_goes_on_over_restarts(tmp_path: Path) -> None:
    for _ in range(12):
        spoil(tmp_path / "spool.sqlite", 5000)
        with open_sqlite_spool(tmp_path, SpoolSettings()) as spool:
            assert spool.put(b"x", 1) == 1

    assert kept(tmp_path / "spool.sqlite") == [10, 11, 12]
    assert count_aside(tmp_path / "spool.sqlite") == 12


def test_together_they_take_no_more_than_the_quota(tmp_path: Path) -> None:
    for _ in range(3):
        spoil(tmp_path / "spool.sqlite", 600_000)
        spoil(tmp_path / "spool.sqlite-wal", 10_000)
        with open_sqlite_spool(tmp_path, SpoolSettings(quota_megabytes=1)):
            pass

    assert kept(tmp_path / "spool.sqlite") == [3]
    assert len(list(tmp_path.glob("*.corrupt-*-wal"))) <= 1
    assert count_aside(tmp_path / "spool.sqlite") == 3


@given(sizes=st.lists(st.integers(0, 300), min_size=1, max_size=8), limit=st.integers(0, 600))
def test_whatever_their_sizes_the_newest_stays_and_the_count_is_right(
    sizes: list[int], limit: int, tmp_path_factory: object
) -> None:
    path = tmp_path_factory.mktemp("aside") / "spool.sqlite"  # type: ignore[attr-defined]
    for size in sizes:
        spoil(path, size)
        set_aside(path, limit)

    assert count_aside(path) == len(sizes)
    assert len(kept(path)) <= 3
    assert len(kept(path)) == 1 or sum(file.stat().st_size for file in path.parent.iterdir()) <= limit


def test_a_folder_without_any_counts_none(tmp_path: Path) -> None:
    assert count_aside(tmp_path / "absent" / "spool.sqlite") == 0
