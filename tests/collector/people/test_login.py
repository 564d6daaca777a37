"""Guessing: limited for each name and each address in fixed memory, as much work for every name, nothing given away."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from collector.people.book import Account, open_people
from collector.people.login import Attempt, Login
from collector.people.passwords import Passwords
from collector.people.person import Role
from collector.people.room import PeopleFailedError, PeopleRoom, open_people_room
from collector.people.sessions import Sessions
from collector.people.settings import PeopleSettings
from collector.people.throttle import Throttle, neighbourhood
from shared.logs import logger
from tests.peers.visitor import PASSWORD, House, house

SECOND_NS = 1_000_000_000
WRONG = "wrong"


class Hand:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now_ns = 10**18

    def monotonic_ns(self) -> int:
        return self.now_ns

    def wall_ns(self) -> int:
        return self.now_ns

    def boot_id(self) -> str:
        return "boot"

    async def sleep(self, seconds: float) -> None:
        self.now_ns += int(seconds * SECOND_NS)


class Counting(Passwords):
    """Real argon2 with little work, which counts how often and over which parameters it worked."""

    def __init__(self, passes: int = 1) -> None:
        super().__init__(passes=passes, memory_kib=64, lanes=1)
        self.worked: list[str] = []

    def right(self, made: str | None, password: str) -> bool:
        self.worked.append((made or self._decoy).rpartition("$")[0].rpartition("$")[0])
        return super().right(made, password)


class Desk:
    """A login over a real book."""

    def __init__(self, room: PeopleRoom, passwords: Counting, clock: Hand) -> None:
        self.room = room
        self.passwords = passwords
        self.clock = clock
        self.login = Login(room, Sessions(room, PeopleSettings(), clock), clock)

    async def attempt(self, name: str, password: str = WRONG, address: str = "192.0.2.1") -> Attempt:
        return await self.login.attempt(name, password, address, "")

    async def log(self) -> list[tuple[str, str, str]]:
        return await self.room.read(lambda book: [(row.action, row.subject, row.detail) for row, _ in book.log()])


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    passwords, clock = Counting(), Hand()
    async with open_people_room(tmp_path / "people.sqlite", clock, logger("test"), passwords) as room:
        made = passwords.make(PASSWORD)
        for name in ("an", "ha"):
            account = Account(name, Role.VIEWER, made, disabled=False, added_wall_ns=0)
            await room.decide(lambda book, account=account: book.add(account))
        yield Desk(room, passwords, clock)


async def test_a_name_that_nobody_has_and_a_disabled_one_take_the_same_work_and_the_same_answer(desk: Desk) -> None:
    await desk.room.decide(lambda book: book.change("ha", disabled=True))

    answers = [await desk.attempt(name, PASSWORD) for name in ("nobody", "ha")]
    answers.append(await desk.attempt("an"))

    assert answers == [Attempt(), Attempt(), Attempt()]
    assert len(desk.passwords.worked) == 3
    assert len(set(desk.passwords.worked)) == 1, "over the same parameters"


async def test_many_guesses_at_one_name_are_slowed_down_from_wherever_they_come(desk: Desk) -> None:
    answers = [await desk.attempt("an", address=f"192.0.2.{number}") for number in range(40)]

    assert [answer.wait_seconds > 0 for answer in answers] == [False] * 10 + [True] * 30
    assert len(desk.passwords.worked) == 10, "a refused try costs no work"
    assert (await desk.attempt("an", PASSWORD, "192.0.2.77")).token == "", "also the right password waits"
    assert (await desk.attempt("ha", PASSWORD, "192.0.2.78")).token, "another name does not"
    desk.clock.now_ns += int(answers[-1].wait_seconds * SECOND_NS) + 1
    assert (await desk.attempt("an", PASSWORD, "192.0.2.77")).token


async def test_many_guesses_from_one_address_are_slowed_down_whatever_the_name(desk: Desk) -> None:
    answers = [await desk.attempt(f"name-{number}") for number in range(40)]

    assert [answer.wait_seconds > 0 for answer in answers] == [False] * 20 + [True] * 20
    assert (await desk.attempt("an", PASSWORD, "192.0.2.2")).token
    neighbours = [await desk.attempt("x", address=f"2001:db8::{number:x}") for number in range(40)]
    assert neighbours[-1].wait_seconds > 0, "one customer has a whole /64"


async def test_a_crowd_of_strangers_does_not_take_the_cores_that_the_collector_needs(desk: Desk) -> None:
    for number in range(300):
        await desk.attempt(f"name-{number}", address=f"198.51.{number // 250}.{number % 250}")

    assert len(desk.passwords.worked) == 60
    for _ in range(30):
        waits = (await desk.attempt("an", PASSWORD, "192.0.2.9")).wait_seconds
        assert 0 < waits <= 0.5, "what a crowd elsewhere prevents does not count against them"
    desk.clock.now_ns += SECOND_NS
    assert (await desk.attempt("an", PASSWORD, "192.0.2.9")).token, "who waited a moment gets in"
    for _ in range(30):
        assert (await desk.attempt("an", PASSWORD, "192.0.2.9")).token
        desk.clock.now_ns += SECOND_NS // 2


async def test_guesses_at_the_same_time_do_not_slip_through_together(desk: Desk) -> None:
    answers = await asyncio.gather(
        *(desk.attempt("an", address=f"192.0.2.{number}") for number in range(30)), return_exceptions=True
    )

    assert sum(isinstance(answer, Attempt) and not answer.wait_seconds for answer in answers) <= 10
    assert len(desk.passwords.worked) <= 10


async def test_logging_in_often_is_no_guessing(desk: Desk) -> None:
    for _ in range(30):
        assert (await desk.attempt("an", PASSWORD)).token


async def test_a_flood_of_tries_leaves_few_rows_and_says_how_many_it_left_out(desk: Desk) -> None:
    for number in range(400):
        await desk.attempt(f"secret-{number}", address=f"198.51.100.{number % 250}")
    desk.clock.now_ns += 60 * SECOND_NS
    await desk.attempt("typed-into-the-wrong-field", address="203.0.113.1")

    rows = await desk.log()
    assert len(rows) <= 202
    assert "200 more were not written" in rows[-1][2]
    assert not any("secret" in word or "typed" in word for row in rows for word in row), "people type passwords there"


async def test_a_hash_of_other_parameters_is_made_anew_at_the_next_login(tmp_path: Path) -> None:
    clock, today = Hand(), Counting(passes=2)
    async with open_people_room(tmp_path / "people.sqlite", clock, logger("test"), today) as room:
        old = Account("an", Role.VIEWER, Counting(passes=1).make(PASSWORD), disabled=False, added_wall_ns=0)
        await room.decide(lambda book: book.add(old))
        desk = Desk(room, today, clock)

        assert not (await desk.attempt("an")).token
        unchanged = await room.read(lambda book: book.find("an"))
        assert (await desk.attempt("an", PASSWORD)).token
        changed = await room.read(lambda book: book.find("an"))

    assert unchanged == old
    assert changed is not None
    assert ",t=2," in changed.password
    assert today.right(changed.password, PASSWORD)


async def test_who_is_disabled_while_the_password_is_compared_does_not_get_in(tmp_path: Path) -> None:
    path = tmp_path / "people.sqlite"

    class Slow(Counting):
        def right(self, made: str | None, password: str) -> bool:
            with open_people(path) as book, book.transaction():
                book.change("an", disabled=True)
            return super().right(made, password)

    clock, passwords = Hand(), Slow()
    async with open_people_room(path, clock, logger("test"), passwords) as room:
        account = Account("an", Role.VIEWER, passwords.make(PASSWORD), disabled=False, added_wall_ns=0)
        await room.decide(lambda book: book.add(account))

        assert await Desk(room, passwords, clock).attempt("an", PASSWORD) == Attempt()
        assert await room.read(lambda book: book._database.execute("SELECT count(*) FROM session").fetchone()) == (0,)


async def test_more_comparisons_than_can_wait_are_refused_and_not_kept(desk: Desk) -> None:
    answers = await asyncio.gather(*(desk.room.right(None, "x") for _ in range(60)), return_exceptions=True)

    assert sum(isinstance(answer, PeopleFailedError) for answer in answers) >= 30
    assert await desk.room.right(None, "x") is False


def test_the_memory_of_the_throttle_does_not_grow_with_the_names_that_are_tried() -> None:
    throttle = Throttle(b"key", burst=3, every_seconds=1)
    before = sys.getsizeof(throttle._full_at_ns), len(throttle._full_at_ns)
    for number in range(20_000):
        throttle.take(f"name-{number}", number)

    assert (sys.getsizeof(throttle._full_at_ns), len(throttle._full_at_ns)) == before
    assert set(vars(throttle)) == {"_key", "_every_ns", "_ahead_ns", "_full_at_ns"}


@given(st.lists(st.integers(0, 3 * SECOND_NS), max_size=60), st.integers(1, 5))
def test_a_subject_never_gets_more_tries_than_burst_and_rate_allow(gaps: list[int], burst: int) -> None:
    throttle, now_ns, taken = Throttle(b"key", burst=burst, every_seconds=1), 10**15, []
    for gap in gaps:
        now_ns += gap
        wait = throttle.take("an", now_ns)
        if wait == 0:
            taken.append(now_ns)
        else:
            fresh = Throttle(b"key", burst=burst, every_seconds=1)
            fresh._full_at_ns = list(throttle._full_at_ns)
            assert fresh.take("an", now_ns + int(wait * SECOND_NS) + 1000) == 0, "the wait that is told is enough"

    for begin in range(len(taken)):
        for end in range(begin, len(taken)):
            assert end - begin + 1 <= burst + (taken[end] - taken[begin]) // SECOND_NS


def test_an_address_counts_as_far_as_one_customer_has_it() -> None:
    assert neighbourhood("2001:db8:0:1::5") == neighbourhood("2001:db8:0:1:ffff::6") == "2001:db8:0:1::/64"
    assert neighbourhood("2001:db8:0:2::5") != neighbourhood("2001:db8:0:1::5")
    assert neighbourhood("::ffff:192.0.2.1") == neighbourhood("192.0.2.1") == "192.0.2.1"
    assert neighbourhood("fe80::1%eth0") == "fe80::/64"
    assert neighbourhood("") == ""


@pytest_asyncio.fixture
async def real(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as found:
        found.add("an", Role.VIEWER, Passwords(passes=1, memory_kib=64, lanes=1).make(PASSWORD))
        yield found


async def test_the_page_says_how_long_to_wait_and_never_whether_a_name_exists(real: House) -> None:
    known, unknown = real.visitor(), real.visitor()
    wrong = await known.log_in("an", "wrong")
    nobody = await unknown.log_in("nobody", "wrong")

    assert (wrong.status, nobody.status) == (401, 401)
    assert "không đúng" in wrong.text
    assert 'value="an"' in wrong.text, "a name is typed once"
    assert len(wrong.text.replace('value="an"', "")) == len(nobody.text.replace('value="nobody"', ""))
    assert real.log() == [
        ("-", "login-failed", "an", "from 127.0.0.1"),
        ("-", "login-failed", "(unknown)", "from 127.0.0.1"),
    ]
    answers = [await known.log_in("an", "wrong") for _ in range(10)]
    assert answers[-1].status == 429
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 30
    assert "Hãy đợi" in answers[-1].text
