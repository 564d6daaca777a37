"""The book of invitations and keys: a code counts once and not for ever, and the book gives no code away."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from collector.identity.book import Book, open_book
from collector.identity.records import Invitation, Key, KeyState, Refused
from shared.wire.enrolment import invitation_id, invitation_key
from shared.wire.joincode import decode
from shared.wire.signature import key_id_of
from tests.peers.authority import authority
from tests.peers.enrolled import command

SECRET = bytes(range(16))
INVITATION = Invitation(
    id=invitation_id(SECRET),
    verifier=invitation_key(SECRET).public_key().public_bytes_raw(),
    agent="a",
    site="s",
    expires_wall_ns=1000,
)
CHAIN = "1" * 32


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with open_book(tmp_path / "identity.sqlite") as found:
        found.invite(INVITATION)
        yield found


def enrolled(book: Book, now_ns: int, seed: int = 1) -> Key | Refused:
    public = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32).public_key()
    return book.enrol(INVITATION, key_id_of(public), public.public_bytes_raw(), CHAIN, now_ns)


def test_a_code_counts_until_its_time_by_the_collectors_clock(book: Book) -> None:
    assert enrolled(book, 1000) is Refused.EXPIRED
    assert isinstance(enrolled(book, 999), Key)
    assert enrolled(book, 999, seed=2) is Refused.USED


def test_a_cancelled_code_is_unknown(book: Book) -> None:
    assert book.revoke("s") == (0, 1)
    assert enrolled(book, 1) is Refused.UNKNOWN


def test_a_revoked_key_does_not_come_back_with_a_new_code(book: Book) -> None:
    enrolled(book, 1)
    book.revoke("s")
    book.invite(Invitation(id="other", verifier=b"", agent="a", site="s", expires_wall_ns=1000))
    other = book.invitation("other")
    key = book.every_key()[0]

    assert other is not None
    assert book.enrol(other, key.key_id, key.public, CHAIN, 1) is Refused.KNOWN
    assert [each.state for each in book.every_key()] == [KeyState.REVOKED]


def test_what_another_connection_decides_counts_at_once(book: Book, tmp_path: Path) -> None:
    """The command's and the running collector's."""
    key = enrolled(book, 1)
    assert isinstance(key, Key)
    with open_book(tmp_path / "identity.sqlite") as other, other.transaction():
        other.revoke("s")

    assert book.advance(key.key_id, CHAIN, b"mark", "2" * 32).state is KeyState.REVOKED


def test_the_book_is_its_owners_and_holds_no_secret(book: Book, tmp_path: Path) -> None:
    assert (tmp_path / "identity.sqlite").stat().st_mode & 0o777 == 0o600
    for path in tmp_path.iterdir():
        assert SECRET not in path.read_bytes()
        assert SECRET.hex().encode() not in path.read_bytes()


def collector_file(folder: Path, **enrolment: str) -> Path:
    (folder / "sites.yaml").write_text(yaml.safe_dump({"sites": [{"id": "00898", "name": "Quản Bạ"}]}), "utf-8")
    content = {"state": str(folder / "state"), "inventory": "sites.yaml", "enrolment": enrolment}
    path = folder / "collector.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def test_an_invitation_prints_the_code_and_a_sheet_in_both_languages(tmp_path: Path) -> None:
    ca = authority(tmp_path, "province")
    config = collector_file(tmp_path, address="https://phusong.example", ca_file=str(ca.path))
    done = command("invite", "00898", "--config", str(config))
    code, *lines = done.stdout.splitlines()
    found = decode(code)
    printed = [word for line in lines for word in line.split() if line.startswith("  ")]

    assert (done.returncode, done.stderr) == (0, "")
    assert (found.address, found.site, len(found.pins)) == ("https://phusong.example", "00898", 1)
    assert all(group in printed for group in code.split())
    assert "phusong: Quản Bạ (00898)" in lines
    assert any("Mã dùng một lần" in line and "One-time code" in line for line in lines)
    assert max(map(len, lines)) <= 110


@pytest.mark.parametrize(
    ("arguments", "enrolment", "code", "said"),
    [
        (("invite", "00899"), {"address": "https://x"}, 2, "there is no site '00899', did you mean '00898'?"),
        (("invite", "00898"), {}, 2, "set 'enrolment.address'"),
        (("invite", "00898"), {"address": "https://x", "ca_file": "sites.yaml"}, 2, "no certificate of an authority"),
        (("invite", "00898"), {"address": "https://x", "ca_file": "gone.pem"}, 1, "no such file or directory"),
        (("revoke", "00898"), {}, 1, "nothing to revoke: no key or code of site '00898' is in force"),
        (("accept", "00898"), {}, 1, "nothing to accept: no key of site '00898' is in force"),
        (("accept", "elsewhere"), {}, 2, "there is no site 'elsewhere'"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    tmp_path: Path, arguments: tuple[str, str], enrolment: dict[str, str], code: int, said: str
) -> None:
    done = command(*arguments, "--config", str(collector_file(tmp_path, **enrolment)))

    assert done.returncode == code
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
