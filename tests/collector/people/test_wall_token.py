"""A screen's token: shows the wall and nothing else, does not stay in the address, ends when it is revoked."""

from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from collector.people.gate import Gate
from collector.people.person import Role
from collector.people.proofs import WALL, wall_identity
from collector.people.readers import Readers
from collector.people.room import open_people_room
from collector.people.sessions import Sessions
from collector.people.settings import PeopleSettings
from collector.people.table import RULES, Table
from shared.logs import logger
from tests.peers.visitor import House, house

pytestmark = pytest.mark.asyncio(loop_scope="module")
TOKEN = "t" * 43
SECOND_NS = 1_000_000_000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def closed(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("walls"), required=True) as found:
        found.change(lambda book: book.add_wall(wall_identity(TOKEN), "hall", 0))
        yield found


async def test_the_token_goes_from_the_address_into_a_cookie(closed: House) -> None:
    screen = closed.visitor()
    answer = await screen.get(f"/wall?screen=1&token={TOKEN}&lang=en")

    assert (answer.status, answer.headers["location"]) == (303, "/wall?screen=1&lang=en")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    morsel = SimpleCookie(answer.headers["set-cookie"])[WALL]
    assert (morsel["path"], morsel["domain"], morsel["samesite"]) == ("/", "", "strict")
    assert morsel["secure"]
    assert morsel["httponly"]
    assert int(morsel["max-age"]) > 300 * 86_400, "a screen that starts again after a power cut shows the wall"
    page = await screen.get("/wall?screen=1&lang=en")
    assert page.status == 200
    assert TOKEN not in page.text


async def test_a_screen_reads_the_wall_and_its_feed_and_nothing_else(closed: House) -> None:
    screen = closed.visitor()
    await screen.get(f"/wall?token={TOKEN}")

    assert [(await screen.get(path)).status for path in ("/wall", "/events", "/api/v1/status")] == [200, 200, 200]
    for path in ("/account", "/people"):
        assert (await screen.get(path)).status == 303
    for path in ("/account", "/people", "/logout"):
        assert (await screen.post(path, {"deed": "add"})).status == 401


async def test_a_link_of_the_wall_asks_a_screen_to_log_in_and_a_person_not(closed: House) -> None:
    closed.add("lan", Role.VIEWER)
    visitor = closed.visitor()
    await visitor.get(f"/wall?token={TOKEN}")
    assert 'href="/login?next=%2Fwall"' in (await visitor.get("/wall")).text
    asked = await visitor.get("/incidents/7?lang=en")
    assert (asked.status, asked.headers["location"]) == (303, "/login?next=%2Fincidents%2F7%3Flang%3Den&lang=en")

    await visitor.log_in("lan")
    assert '<a href="/account">lan</a>' in (await visitor.get("/wall")).text
    assert (await visitor.get("/incidents")).status == 200


async def test_a_token_that_is_not_in_force_opens_nothing_and_is_not_kept(closed: House) -> None:
    for token in ("x", TOKEN[:-1], TOKEN + "t", "đ", "%00"):
        screen = closed.visitor()
        answer = await screen.ask("GET", f"/wall?token={token.encode().hex() if not token.isascii() else token}")

        assert answer.status == 403
        assert "set-cookie" not in answer.headers
        assert (await screen.get("/wall")).status == 303


async def test_a_token_in_the_address_of_another_page_is_not_looked_at(closed: House) -> None:
    screen = closed.visitor()

    assert (await screen.get(f"/people?token={TOKEN}")).status == 303
    assert (await screen.get(f"/login?token={TOKEN}")).status == 200
    assert WALL not in screen.cookies


async def test_a_revoked_token_shows_nothing_from_the_next_request_on(closed: House) -> None:
    screen = closed.visitor()
    closed.change(lambda book: book.add_wall(wall_identity("other"), "stairs", 0))
    await screen.get("/wall?token=other")
    assert (await screen.get("/wall")).status == 200

    closed.change(lambda book: book.revoke_wall("stairs"))

    assert (await screen.get("/wall")).status == 303
    assert (await screen.get("/events")).status == 303


class Hand:
    """A clock that a test moves."""

    now_ns = 10**18

    def monotonic_ns(self) -> int:
        return self.now_ns

    wall_ns = monotonic_ns

    def boot_id(self) -> str:
        return "boot"

    async def sleep(self, seconds: float) -> None:
        self.now_ns += int(seconds * SECOND_NS)


async def test_a_stream_that_is_being_read_ends_within_seconds_of_the_revocation(tmp_path: Path) -> None:
    clock, said = Hand(), []

    async with open_people_room(tmp_path / "people.sqlite", clock, logger("test")) as room:
        await room.decide(lambda book: book.add_wall(wall_identity(TOKEN), "hall", 0))

        async def frames() -> AsyncIterator[bytes]:
            for number in range(1000):
                clock.now_ns += SECOND_NS
                if number == 20:
                    await room.decide(lambda book: book.revoke_wall("hall"))
                yield b"frame %d" % number

        async def events(_: Request) -> StreamingResponse:
            return StreamingResponse(frames(), media_type="text/event-stream")

        async def send(message: Any) -> None:
            said.append(message)

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        app = Starlette(routes=[Route("/events", events)])
        gate = Gate(
            app, Table(RULES), Sessions(room, PeopleSettings(), clock), clock, readers=Readers(()), required=True
        )
        headers = [(b"cookie", f"{WALL}={TOKEN}".encode()), (b"host", b"127.0.0.1")]
        scope = {"type": "http", "method": "GET", "path": "/events", "raw_path": b"/events", "root_path": ""}
        scope |= {"query_string": b"", "headers": headers, "server": ("127.0.0.1", 80), "scheme": "http"}
        await gate(scope | {"asgi": {"version": "3.0", "spec_version": "2.4"}}, receive, send)

    bodies = [message["body"] for message in said if message["type"] == "http.response.body"]
    assert bodies[0] == b"frame 0"
    assert 20 <= len(bodies) <= 27
    assert said[-1] == {"type": "http.response.body", "body": b"", "more_body": False}
