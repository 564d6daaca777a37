"""The disk fails and comes back: nothing is lost, nothing gets a second name, what had to go is counted."""

import contextlib
import random
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from agent.spool.queue import CorruptSpoolError, DiskSpool, DoubtfulCommitError, SpoolError, SpoolFullError
from agent.spool.shelter import Shelter, open_shelter
from shared.ownership import owned
from tests.peers.spools import FlakyDisk, sheltered

PLENTY = 10**9
_LONGEST_PAUSE_PUTS = 40


def deliver(spool: Shelter, limit: int = PLENTY, *, heard: bool = True) -> list[tuple[tuple[str, int], bytes]]:
    """One batch as the courier takes it: the names and bytes of its records; where heard, it is acknowledged."""
    if spool.newest() is None:
        return []
    found = [((spool.epoch, stored.sequence), stored.blob) for stored in spool.oldest(limit, PLENTY)]
    if heard:
        spool.acknowledge([sequence for (_, sequence), _ in found], 1)
    return found


def drain(spool: Shelter) -> list[bytes]:
    found: list[bytes] = []
    while batch := deliver(spool):
        found += [blob for _, blob in batch]
    return found


def put_until_durable(spool: Shelter, blob: bytes = b"later") -> int:
    for puts in range(1, _LONGEST_PAUSE_PUTS):
        spool.put(blob, puts)
        if spool.durable:
            return puts
    raise AssertionError("the disk works again, and the spool did not return to it")


def test_a_disk_that_cannot_be_used_at_the_start_gets_all_records_once_it_can(tmp_path: Path) -> None:
    disk, said = FlakyDisk(), []
    disk.refuses = True
    with sheltered(tmp_path, disk, lambda *words: said.append(words)) as spool:
        for number in range(50):
            spool.put(b"%d" % number, number)
        assert not spool.durable
        assert spool.backlog().records == 50
        name = deliver(spool, 1, heard=False)[0][0]
        disk.refuses = False
        later = put_until_durable(spool)
        assert spool.backlog().records == 50 + later
    with sheltered(tmp_path, disk) as spool:
        names = dict(entry for _ in range(3) for entry in deliver(spool))

    assert names[name] == b"0", "a record that may have been sent already has another name now"
    assert sorted(names.values()) == sorted([b"%d" % number for number in range(50)] + [b"later"] * later)
    assert [event for event, _ in said] == [*["the spool cannot be used, memory stands in for it"] * 5, said[-1][0]]
    assert said[-1][0] == "the disk takes records again"


@pytest.mark.parametrize("fault", [SpoolError("read-only"), SpoolFullError("full"), CorruptSpoolError("damaged")])
def test_the_record_that_the_disk_refuses_goes_elsewhere_at_once(fault: Exception, tmp_path: Path) -> None:
    disk = FlakyDisk()
    with sheltered(tmp_path, disk) as spool:
        spool.put(b"before", 1)
        disk.fault = fault
        spool.put(b"refused", 2)
        put_until_durable(spool)
        found = set(drain(spool))

        lost = sum(gap.records for gap in spool.gaps())

    assert found >= {b"refused", b"later"}
    assert (b"before" in found, lost) == (True, 0)


@pytest.mark.parametrize("stored", [True, False])
def test_a_record_of_which_nobody_knows_whether_the_disk_has_it_is_there_once(stored: bool, tmp_path: Path) -> None:
    disk = FlakyDisk()
    with sheltered(tmp_path, disk) as spool:
        disk.fault, disk.stored_all_the_same = DoubtfulCommitError("disk I/O error"), stored
        spool.put(b"doubtful", 7)
        put_until_durable(spool)

        assert drain(spool).count(b"doubtful") == 1


def test_a_batch_whose_store_was_closed_meanwhile_is_sent_again_under_the_same_names(tmp_path: Path) -> None:
    disk = FlakyDisk()
    with sheltered(tmp_path, disk) as spool:
        spool.put(b"x", 1)
        sent = deliver(spool, heard=False)
        disk.fault = SpoolError("read-only")
        spool.put(b"y", 2)
        with pytest.raises(SpoolError):
            spool.acknowledge([1], 3)
        put_until_durable(spool)
        again = [entry for _ in range(4) for entry in deliver(spool)]

    assert again.count(sent[0]) == 1


def test_a_disk_that_stays_away_is_tried_more_and_more_seldom(tmp_path: Path) -> None:
    disk = FlakyDisk()
    disk.refuses = True
    with sheltered(tmp_path, disk) as spool:
        for number in range(1000):
            spool.put(b"x", number)
        few = disk.openings

    assert 1000 / 33 < few < 50


def test_what_memory_had_to_give_up_is_still_counted_after_the_disk_is_back_and_after_a_restart(tmp_path: Path) -> None:
    disk = FlakyDisk(quota_megabytes=32)
    disk.refuses = True
    with sheltered(tmp_path, disk) as spool:
        for number in range(40):
            spool.put(b"x" * 1_000_000, number)
        lost = sum(gap.records for gap in spool.gaps())
        held = spool.backlog().records
        disk.refuses = False
        later = put_until_durable(spool)
        drain(spool)
        for number in range(360):
            spool.put(b"y", 4 * 86_400 * 10**9 + number)
        assert not list(tmp_path.glob("standin-*")), "what is over takes up room for ever"
    with sheltered(tmp_path, disk) as spool:
        after = sum(gap.records for gap in spool.gaps())

    assert lost > 10
    assert lost + held == 40
    assert after == lost
    assert later


def test_what_finds_no_room_on_the_disk_stays_in_memory_and_is_delivered_from_there(tmp_path: Path) -> None:
    disk = FlakyDisk(quota_megabytes=1)
    disk.refuses = True
    with sheltered(tmp_path, disk) as spool:
        for number in range(5):
            spool.put(b"%d" % number * 1_000_000, number)
        disk.refuses = False
        put_until_durable(spool)
        found = {blob[:1] for blob in drain(spool)}

    assert found == {b"0", b"1", b"2", b"3", b"4", b"l"}
    assert not list(tmp_path.glob("standin-*"))


def test_what_memory_takes_with_it_at_the_end_is_told(tmp_path: Path) -> None:
    disk, said = FlakyDisk(), []
    disk.refuses = True
    with sheltered(tmp_path, disk, lambda *words: said.append(words)) as spool:
        for number in range(7):
            spool.put(b"x", number)

    assert said[-1] == ("records that only memory held are lost", "7")


def test_a_disk_that_another_agent_took_meanwhile_is_left_to_it(tmp_path: Path) -> None:
    @contextlib.contextmanager
    def opening(folder: Path) -> Iterator[DiskSpool]:
        with owned(folder), FlakyDisk().opening(folder) as spool:
            yield spool

    said: list[tuple[str, str]] = []
    with owned(tmp_path), open_shelter(tmp_path, opening, lambda *words: said.append(words)) as spool:  # type: ignore[arg-type]
        spool.put(b"x", 1)
        assert not spool.durable

    assert "another one works on this folder" in said[0][1]


@pytest.mark.parametrize("in_use", [True, False])
def test_a_damaged_file_gives_back_what_can_be_read_and_counts_the_rest(in_use: bool, tmp_path: Path) -> None:
    """Damage in the middle: under their old names, each once, and not one without a word."""
    disk, draw = FlakyDisk(), random.Random(5)
    blobs = [draw.randbytes(1000) for _ in range(300)]
    inbox: dict[tuple[str, int], bytes] = {}
    with ExitStack() as life:
        spool = life.enter_context(sheltered(tmp_path, disk))
        for number, blob in enumerate(blobs):
            spool.put(blob, number)
        inbox.update(deliver(spool, 40))
        if not in_use:
            life.close()
        path = tmp_path / "spool.sqlite"
        content = bytearray(path.read_bytes())
        content[100 * 2048 : 120 * 2048] = draw.randbytes(20 * 2048)
        path.write_bytes(content)
        if in_use:
            disk.fault = CorruptSpoolError("malformed")
        else:
            spool = life.enter_context(sheltered(tmp_path, disk))
        spool.put(b"after", 1)
        while batch := deliver(spool):
            inbox.update(batch)
        lost = sum(gap.records for gap in spool.gaps())
    arrived = sorted(inbox.values())

    assert len(set(arrived)) == len(arrived) > 250
    assert set(arrived) <= {*blobs, b"after"}
    assert lost == len(blobs) + 1 - len(arrived) > 5


def test_a_statement_names_the_other_epochs_and_none_while_the_disk_is_away(tmp_path: Path) -> None:
    disk = FlakyDisk()
    disk.refuses = True
    with sheltered(tmp_path, disk) as spool:
        spool.put(b"x", 1)
        spool.newest()
        away, standing_in = spool.statement(), spool.epoch
        disk.refuses = False
        put_until_durable(spool)
        spool.newest()
        home = spool.statement()

    assert (away.others, away.epoch) == (None, standing_in)
    assert (home.others, home.epoch != standing_in) == ((standing_in,), True)


class Weather(RuleBasedStateMachine):
    """Disks that fail and come back, answers that get lost, restarts: each record arrives once, or is counted."""

    @initialize()
    def begin(self) -> None:
        self.stack = ExitStack()
        self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.disk = FlakyDisk()
        self.opened = ExitStack()
        self.spool = self.opened.enter_context(sheltered(self.folder, self.disk))
        self.made: list[bytes] = []
        self.inbox: dict[tuple[str, int], bytes] = {}

    @rule(count=st.integers(1, 5))
    def put(self, count: int) -> None:
        for _ in range(count):
            blob = b"record %d" % len(self.made)
            self.made.append(blob)
            self.spool.put(blob, len(self.made))

    @rule(limit=st.integers(1, 6), heard=st.booleans())
    def send(self, limit: int, heard: bool) -> None:
        for name, blob in deliver(self.spool, limit, heard=heard):
            assert self.inbox.setdefault(name, blob) == blob, "one name for two records"

    @rule()
    def go_away(self) -> None:
        self.disk.refuses, self.disk.fault, self.disk.lasts = True, SpoolError("read-only"), True

    @rule()
    def come_back(self) -> None:
        self.disk.refuses, self.disk.fault, self.disk.lasts = False, None, False

    @rule(stored=st.booleans())
    def hesitate(self, stored: bool) -> None:
        self.disk.fault, self.disk.stored_all_the_same = DoubtfulCommitError("disk I/O error"), stored

    @rule()
    def restart_while_the_disk_works(self) -> None:
        self.come_back()
        self.opened.close()
        self.spool = self.opened.enter_context(sheltered(self.folder, self.disk))

    def teardown(self) -> None:
        if not hasattr(self, "spool"):
            return
        with self.stack, self.opened:
            self.come_back()
            self.made += [b"later"] * put_until_durable(self.spool)
            while batch := deliver(self.spool):
                self.inbox.update(batch)
            arrived = sorted(self.inbox.values())
            assert self.spool.gaps() == []
            assert arrived == sorted(self.made)


TestWeather = Weather.TestCase
TestWeather.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
