"""What identity keeps on disk: whole after whatever broke off, private, and one step behind at the most."""

import os
import stat
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as some

from agent.identity.card import (
    Card,
    CardError,
    Found,
    card_path,
    chain_path,
    copy_path,
    find_card,
    finish,
    key_for,
    mend_card,
    read_card,
)
from agent.identity.chain_file import begin_chain, read_chain
from agent.identity.files import write_private
from agent.identity.plate import Plate, plate_path, read_plate

VALUES = [f"{number:032x}" for number in range(1, 6)]
COLLECTOR = Ed25519PrivateKey.from_private_bytes(b"c" * 32).public_key().public_bytes_raw()
CARD = Card(agent="a", site="s", url="https://x", key=b"k" * 32, collector_key=COLLECTOR)


def test_the_chain_is_read_back_and_the_newest_value_wins(tmp_path: Path) -> None:
    begin_chain(tmp_path / "chain", VALUES[0])
    for value in VALUES[1:]:
        read_chain(tmp_path / "chain").write(value)

        assert read_chain(tmp_path / "chain").value == value


@given(some.integers(0, 28), some.binary(min_size=1, max_size=28))
def test_a_torn_write_costs_one_step_at_the_most(
    tmp_path_factory: pytest.TempPathFactory, at: int, torn: bytes
) -> None:
    path = tmp_path_factory.mktemp("torn") / "chain"
    begin_chain(path, VALUES[0])
    chain = read_chain(path)
    chain.write(VALUES[1])
    before = path.read_bytes()
    chain.write(VALUES[2])
    after = path.read_bytes()
    start = next(place for place in (0, 512) if before[place : place + 28] != after[place : place + 28])
    with path.open("r+b") as file:
        file.seek(start + at)
        file.write(torn[: 28 - at])

    assert read_chain(path).value in {VALUES[1], VALUES[2]}


def test_a_value_that_the_disk_refused_is_not_used_and_the_next_that_it_takes_is(tmp_path: Path) -> None:
    path = tmp_path / "chain"
    begin_chain(path, VALUES[0])
    chain = read_chain(path)
    chain.write(VALUES[1])
    path.unlink()
    path.mkdir()
    chain.write(VALUES[2])
    refused = (chain.value, chain.failing.endswith("is a directory"))
    path.rmdir()
    begin_chain(path, VALUES[1])
    chain.write(VALUES[3])

    assert refused == (VALUES[1], True)
    assert (chain.value, chain.failing) == (VALUES[3], "")
    assert read_chain(path).value == VALUES[3]


def test_a_chain_that_was_lost_is_written_anew(tmp_path: Path) -> None:
    chain = read_chain(tmp_path / "chain")
    for value in VALUES:
        chain.write(value)

        assert read_chain(tmp_path / "chain").value == chain.value == value


def test_a_private_file_is_private_whatever_stood_there_before(tmp_path: Path) -> None:
    (tmp_path / "card.new").write_text("left over", encoding="utf-8")
    (tmp_path / "card.new").chmod(0o666)
    write_private(tmp_path / "card", b"secret")

    assert stat.S_IMODE((tmp_path / "card").stat().st_mode) == 0o600
    assert (tmp_path / "card").read_bytes() == b"secret"
    assert not (tmp_path / "card.new").exists()


def test_the_same_code_goes_with_the_same_key_until_the_card_is_written(tmp_path: Path) -> None:
    first = key_for(tmp_path, "one", b"1" * 32)

    assert key_for(tmp_path, "one", b"2" * 32) == first
    assert key_for(tmp_path, "two", b"3" * 32) == b"3" * 32
    finish(tmp_path, CARD, VALUES[0])
    assert read_card(tmp_path) == CARD
    assert read_chain(chain_path(tmp_path, CARD)).value == VALUES[0]


def test_a_card_and_a_copy_that_are_damaged_are_one_line_and_no_card_is_none(tmp_path: Path) -> None:
    assert read_card(tmp_path) is None
    finish(tmp_path, CARD, VALUES[0])
    whole = card_path(tmp_path).read_bytes()
    damaged = [b"", b"{", whole[:-1], whole.replace(b'"a"', b"5"), whole.replace(b"a2tr", b""), flipped_key(whole)]
    for content in damaged:
        card_path(tmp_path).write_bytes(content)
        copy_path(tmp_path).write_bytes(whole)
        assert find_card(tmp_path) == Found(CARD, f"{card_path(tmp_path)}: is damaged: its copy is used", damaged=True)
        copy_path(tmp_path).write_bytes(content)
        with pytest.raises(CardError, match=r"card.json: is damaged, .*card-copy.json: is damaged: stop the agent and"):
            read_card(tmp_path)
    with pytest.raises(CardError, match=r"is no file"):
        read_card(Path("a\0b"))


def flipped_key(whole: bytes) -> bytes:
    """Still JSON, still base64, still a key: another one."""
    return whole.replace(b"a2tr", b"a2tq", 1)


@pytest.mark.parametrize("missing", ["card.json", "card-copy.json"])
def test_of_two_files_the_one_that_is_gone_is_written_anew(tmp_path: Path, missing: str) -> None:
    finish(tmp_path, CARD, VALUES[0])
    (tmp_path / "identity" / missing).unlink()
    assert read_card(tmp_path) == CARD
    mend_card(tmp_path)

    assert card_path(tmp_path).read_bytes() == copy_path(tmp_path).read_bytes()
    assert read_card(tmp_path) == CARD


def test_a_card_that_is_well_is_believed_beside_a_copy_of_a_rotation_that_broke_off(tmp_path: Path) -> None:
    """The copy is written first: the old key goes on, and the copy follows it at the next start."""
    finish(tmp_path, CARD, VALUES[0])
    before = card_path(tmp_path).read_bytes()
    finish(tmp_path, msgspec.structs.replace(CARD, key=b"n" * 32), VALUES[1])
    card_path(tmp_path).write_bytes(before)
    assert read_card(tmp_path) == CARD
    mend_card(tmp_path)

    assert copy_path(tmp_path).read_bytes() == before


def test_a_card_of_before_there_were_digests_is_read_and_gets_one(tmp_path: Path) -> None:
    write_private(card_path(tmp_path), msgspec.json.encode(CARD))
    assert read_card(tmp_path) == CARD
    mend_card(tmp_path)
    card_path(tmp_path).unlink()

    assert read_card(tmp_path) == CARD


def test_a_machines_name_and_site_are_known_without_its_card(tmp_path: Path) -> None:
    finish(tmp_path, CARD, VALUES[0])

    assert read_plate(tmp_path) == Plate(agent="a", site="s", url="https://x")
    assert b"a2tr" not in plate_path(tmp_path).read_bytes()
    plate_path(tmp_path).write_bytes(b"{")
    assert read_plate(tmp_path) is None
    mend_card(tmp_path)
    assert read_plate(tmp_path) is not None


def test_a_card_does_not_print_its_key() -> None:
    assert "key" not in repr(CARD)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_root_writes_belongs_to_the_folders_owner(tmp_path: Path) -> None:
    os.chown(tmp_path, 4711, 4712)
    finish(tmp_path, CARD, VALUES[0])

    found = [path.stat() for path in (card_path(tmp_path), chain_path(tmp_path, CARD), card_path(tmp_path).parent)]
    assert {(each.st_uid, each.st_gid) for each in found} == {(4711, 4712)}
