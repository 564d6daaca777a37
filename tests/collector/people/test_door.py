"""The door of the real collector: who gets in, by what, for how long, and who does not."""

import re
from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
import pytest_asyncio

from collector.people.book import Book, open_people
from collector.people.pages import inside
from collector.people.person import Role
from collector.people.proofs import BEFORE, SESSION, WALL, form_token, session_identity, wall_identity
from collector.people.table import RULES, Need, Table
from tests.peers.visitor import PASSWORD, House, house

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def closed(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One house for all: each test leaves its people as they were."""
    async with house(tmp_path_factory.mktemp("closed"), required=True) as found:
        for role in Role:
            found.add(f"the-{role}", role)
        yield found


def allowed(need: Need, who: str) -> bool:
    if need in {Need.EVERYBODY, Need.MACHINE, Need.FIGURES, Need.LINK}:
        return True
    if who == "nobody":
        return False
    if who == "watcher":
        return need in {Need.WATCHER, Need.SCREEN}
    least = {Need.OPERATOR: Role.OPERATOR, Need.ADMIN: Role.ADMIN}.get(need, Role.VIEWER)
    return Role(who).covers(least)


async def test_every_role_gets_what_the_table_says_on_every_route_and_nothing_else(closed: House) -> None:
    """The whole matrix over HTTP: a form without its token is refused only behind the table."""
    visitors = {"nobody": closed.visitor(), "watcher": closed.visitor()}
    closed.change(lambda book: book.add_wall(wall_identity("t"), "hall", 0))
    visitors["watcher"].cookies[WALL] = "t"
    for role in Role:
        visitors[role] = closed.enter(f"the-{role}")

    found = {}
    for who, visitor in visitors.items():
        for rule in RULES:
            path = re.sub(r"\{.*?\}", "1", rule.path)
            for method in sorted(rule.methods):
                answer = await visitor.ask(method, path)
                if answer.status == 303:
                    passed = not answer.headers["location"].startswith("/login")
                elif rule.need in {Need.MACHINE, Need.FIGURES, Need.LINK}:
                    passed = True
                elif rule.need is Need.SCREEN:
                    passed = answer.status == 409 or "another site" in answer.text
                elif method == "POST":
                    passed = answer.status == 403 and ("form" in answer.text or "cookie" in answer.text)
                else:
                    passed = answer.status not in {401, 403}
                found[who, method, rule.path] = passed
                assert answer.status not in {405, 500}, (who, method, path)
                nothing = answer.text.startswith("Không có trang '/")
                assert not nothing or rule.need in {Need.MACHINE, Need.FIGURES, Need.LINK, Need.EVERYBODY}, (
                    who,
                    method,
                    path,
                )

    assert found == {
        (who, method, rule.path): allowed(rule.need, who)
        for who in visitors
        for rule in RULES
        for method in rule.methods
    }
    assert len(found) > 150


async def test_the_cookie_of_a_session_is_for_this_host_over_tls_and_for_no_script(closed: House) -> None:
    visitor = closed.visitor()
    answer = await visitor.log_in("the-viewer")

    cookies = SimpleCookie()
    for line in answer.headers.get_all("set-cookie") or []:
        cookies.load(line)
    morsel = cookies[SESSION]
    assert SESSION.startswith("__Host-")
    assert (morsel["path"], morsel["domain"], morsel["samesite"]) == ("/", "", "strict")
    assert morsel["secure"]
    assert morsel["httponly"]
    assert morsel["max-age"] == morsel["expires"] == ""
    assert len(morsel.value) == 43
    assert cookies[BEFORE]["max-age"] == "0"
    assert answer.headers["cache-control"] == "no-store"


async def test_the_file_holds_no_token_and_no_password(closed: House) -> None:
    visitor = closed.visitor()
    await visitor.log_in("the-admin")

    written = b"".join(path.read_bytes() for path in closed.path.parent.glob("people.sqlite*"))

    assert session_identity(visitor.session) in written
    assert visitor.session.encode() not in written
    assert form_token(visitor.session).encode() not in written
    assert b"$argon2id$v=19$m=65536,t=3,p=4$" in written


async def test_a_session_that_was_there_before_the_login_is_worth_nothing_after_it(closed: House) -> None:
    """Session fixation: neither a made-up one nor an old one is taken over."""
    visitor = closed.visitor()
    visitor.cookies[SESSION] = "planted"
    await visitor.log_in("the-viewer")
    first = visitor.session
    assert first != "planted"
    await visitor.log_in("the-admin")

    assert visitor.session != first
    for old in ("planted", first):
        thief = closed.visitor()
        thief.cookies[SESSION] = old
        assert (await thief.get("/account")).status == 303
    assert (await visitor.get("/account")).status == 200


async def test_logging_out_ends_the_session_on_the_server(closed: House) -> None:
    visitor = closed.enter(f"the-{Role.VIEWER}")
    kept = visitor.session

    assert (await visitor.submit("/account", "/logout", {})).status == 303

    assert visitor.session == ""
    assert "hết hạn" not in (await visitor.get("/login")).text, "they ended it themselves"
    visitor.cookies[SESSION] = kept
    assert (await visitor.get("/account")).status == 303
    assert "Phiên đăng nhập đã hết hạn" in (await visitor.get("/login?next=/account")).text


async def test_a_disabled_person_is_thrown_out_at_the_next_request_and_does_not_come_back(closed: House) -> None:
    visitor = closed.enter(f"the-{Role.OPERATOR}")
    assert (await visitor.get("/wall")).status == 200

    closed.change(lambda book: book.change("the-operator", disabled=True))

    assert (await visitor.get("/wall")).status == 303
    assert (await visitor.log_in("the-operator")).status == 401
    closed.change(lambda book: book.change("the-operator", disabled=False))
    assert (await visitor.get("/wall")).status == 303, "the old session stays ended"


async def test_another_role_counts_at_the_next_request(closed: House) -> None:
    visitor = closed.enter(f"the-{Role.VIEWER}")
    assert (await visitor.get("/people")).status == 403

    closed.change(lambda book: book.change("the-viewer", role=Role.ADMIN))
    assert (await visitor.get("/people")).status == 200
    closed.change(lambda book: book.change("the-viewer", role=Role.VIEWER))
    assert (await visitor.get("/people")).status == 403


@pytest.mark.parametrize("age", ["idle", "whole", "future"])
async def test_a_session_ends_when_it_is_idle_and_when_it_is_old(closed: House, age: str) -> None:
    visitor = closed.enter(f"the-{Role.VIEWER}")
    identity = session_identity(visitor.session)
    minutes_ns = 60_000_000_000

    def aged(book: object) -> None:
        database = book._database  # type: ignore[attr-defined]
        statement = {
            "idle": "UPDATE session SET used_wall_ns = used_wall_ns - 60 * ? WHERE id = ?",
            "whole": "UPDATE session SET begun_wall_ns = begun_wall_ns - 12 * 60 * ? WHERE id = ?",
            "future": "UPDATE session SET begun_wall_ns = begun_wall_ns + 5 * ? WHERE id = ?",
        }[age]
        assert database.execute(statement, (minutes_ns, identity)).rowcount == 1

    assert (await visitor.get("/account")).status == 200
    closed.change(aged)

    assert (await visitor.get("/account")).status == 303


async def test_a_page_that_renews_itself_keeps_nobody_logged_in(closed: House) -> None:
    """Whoever leaves a site's page open and goes home has gone home."""
    visitor = closed.enter(f"the-{Role.VIEWER}")
    identity, before_ns = session_identity(visitor.session), 0

    def used_before(book: Book) -> None:
        nonlocal before_ns
        found = book.session(identity)
        assert found is not None
        before_ns = found.used_wall_ns - 600_000_000_000
        book.use_session(identity, before_ns)

    def used_ns() -> int:
        with open_people(closed.path) as book:
            found = book.session(identity)
            assert found is not None
            return found.used_wall_ns

    closed.change(used_before)
    assert (await visitor.ask("GET", "/sites", headers={"Phusong-Renewal": "1"})).status == 200
    assert used_ns() == before_ns
    assert (await visitor.get("/sites")).status == 200
    assert used_ns() > before_ns


FORGED = {
    "no token": ({}, {}),
    "wrong token": ({"form_token": "0" * 64}, {}),
    "strange token": ({"form_token": "đ\udcff"}, {}),
    "another site": (None, {"Sec-Fetch-Site": "cross-site"}),
    "a sister site": (None, {"Sec-Fetch-Site": "same-site"}),
    "typed": (None, {"Sec-Fetch-Site": "none"}),
    "an old browser on another site": (None, {"Sec-Fetch-Site": "", "Origin": "https://evil.example"}),
    "a page without an origin": (None, {"Sec-Fetch-Site": "", "Origin": "null"}),
    "no browser": (None, {"Sec-Fetch-Site": ""}),
}


@pytest.mark.parametrize("name", FORGED)
async def test_a_form_that_is_not_ours_changes_nothing(closed: House, name: str) -> None:
    visitor = closed.enter(f"the-{Role.ADMIN}")
    token, headers = FORGED[name]
    fields = {"form_token": form_token(visitor.session)} if token is None else token

    answer = await visitor.ask(
        "POST",
        "/people",
        "&".join(f"{key}={value}" for key, value in {"deed": "disable", "name": "the-viewer", **fields}.items())
        .encode(errors="replace")
        .decode(),
        {"Content-Type": "application/x-www-form-urlencoded", **headers},
    )

    assert answer.status == 403
    with open_people(closed.path) as book:
        account = book.find("the-viewer")
    assert account is not None
    assert not account.disabled


async def test_the_form_of_another_session_is_not_taken(closed: House) -> None:
    admin, other = closed.enter(f"the-{Role.ADMIN}"), closed.enter(f"the-{Role.ADMIN}")
    fields = {"deed": "disable", "name": "the-viewer"}

    assert (await admin.post("/people", {**fields, "form_token": form_token(other.session)})).status == 403
    assert (
        await admin.post("/people", {**fields, "form_token": form_token(admin.cookies.get(BEFORE, "x"))})
    ).status == 403
    assert not [row for row in closed.log() if row[1] == "user-disable"]
    assert (await admin.post("/people", {**fields, "form_token": form_token(admin.session)})).status == 200
    assert ("the-admin", "user-disable", "the-viewer", "") in closed.log()
    closed.change(lambda book: book.change("the-viewer", disabled=False))


async def test_what_is_no_form_carries_its_token_in_a_header(closed: House) -> None:
    admin = closed.enter(f"the-{Role.ADMIN}")
    kind = {"Content-Type": "application/json"}
    token = {"Phusong-Form": form_token(admin.session)}

    assert (await admin.ask("POST", "/people", "{}", kind)).status == 403
    assert (await admin.ask("POST", "/people", "{}", {**kind, **token, "Sec-Fetch-Site": "cross-site"})).status == 403
    assert (await admin.ask("POST", "/people", "{}", {**kind, **token})).status == 422, "the page itself answers"


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "["},
        {"Host": "a]b:x"},
        {"Origin": "http://[", "Sec-Fetch-Site": ""},
        {"Cookie": "__Host-phusong=" + "x" * 4000},
        {"Cookie": '__Host-phusong="; ;=;\xe1\xbb\x87'},
        {"Content-Type": "application/x-www-form-urlencoded; charset=\xff"},
        {"Phusong-Form": "\xff" * 300},
    ],
)
async def test_headers_that_are_nonsense_are_a_refusal_and_no_fault(closed: House, headers: dict[str, str]) -> None:
    for method, path in (("GET", "/account"), ("POST", "/people"), ("POST", "/login"), ("GET", "/login?next=%5B")):
        answer = await closed.visitor().ask(method, path, "" if method == "GET" else "a=b", headers)

        assert answer.status in {200, 303, 401, 403}, (method, path)


async def test_an_old_browser_is_known_by_the_origin_that_it_tells(closed: House) -> None:
    visitor = closed.visitor()
    del visitor.headers["Sec-Fetch-Site"]
    visitor.headers["Origin"] = f"http://127.0.0.1:{closed.port}"

    assert (await visitor.log_in("the-viewer")).status == 303


async def test_a_browser_that_keeps_no_cookie_is_told_why_it_cannot_log_in(closed: House) -> None:
    visitor = closed.visitor()

    answer = await visitor.post("/login", {"name": "the-viewer", "password": "x"})

    assert answer.status == 403
    assert "HTTPS" in answer.text


async def test_a_body_that_is_too_large_or_no_text_is_refused(closed: House) -> None:
    visitor = closed.visitor()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    await visitor.get("/login")

    large = await visitor.ask("POST", "/login", "a=" + "b" * 20_000, kind)
    assert (large.status, "tối đa 16 kB" in large.text) == (413, True)
    assert (await visitor.ask("POST", "/login", "&".join(f"a{n}=" for n in range(600)), kind)).status == 400


STRANGE = ("https://evil.example/", "//evil.example", "/\\evil.example", "/metrics", "/nowhere", "/a\r\nb: c", "đ")


async def test_a_login_leads_only_to_pages_of_ours(closed: House) -> None:
    visitor = closed.visitor()
    fields = {"name": "the-viewer", "password": PASSWORD, "next": STRANGE[0]}
    answer = await visitor.submit("/login", "/login", fields)

    assert (answer.status, answer.headers["location"]) == (303, "/wall")
    assert {inside(Table(RULES), target) for target in STRANGE} == {"/wall"}
    assert inside(Table(RULES), "/sites/00898?lang=en") == "/sites/00898?lang=en"


async def test_who_asks_for_a_page_gets_it_after_the_login(closed: House) -> None:
    visitor = closed.visitor()
    answer = await visitor.get("/wall?screen=1&lang=en")
    assert answer.headers["location"] == "/login?next=%2Fwall%3Fscreen%3D1%26lang%3Den&lang=en"

    page = await visitor.get(answer.headers["location"])
    assert 'value="/wall?screen=1&amp;lang=en"' in page.text
    assert "Log in" in page.text, "in the language of the page that was asked for"


async def test_what_stands_in_a_strange_link_stays_text_on_the_way(closed: House) -> None:
    visitor = closed.visitor()
    visitor.headers["Sec-Fetch-Site"] = "cross-site"

    page = await visitor.get("/sites/%22%3E%3Cscript%3E?x=%22%3E%3Cb%3E&y='\"><i>&amp;url=https://evil.example")

    assert page.status == 200
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "<script" not in page.text
    assert "<b>" not in page.text
    assert "<i>" not in page.text
    assert 'content="0;url=/sites/' in page.text
    assert page.text.count('"') == 10, "no attribute ends early"


async def test_a_machine_without_a_proof_is_told_in_a_line(closed: House) -> None:
    visitor = closed.visitor()
    visitor.headers["Accept"] = "application/json"

    answer = await visitor.get("/api/v1/status")

    assert (answer.status, answer.text.splitlines()[-1]) == (401, "Log in first.")


async def test_pages_stay_open_where_people_are_not_required_but_changes_are_not(tmp_path: Path) -> None:
    async with house(tmp_path) as found:
        visitor = found.visitor()

        assert (await visitor.get("/wall")).status == 200
        assert (await visitor.get("/events")).status == 200
        assert (await visitor.get("/people")).status == 303
        assert (await visitor.post("/people", {"deed": "add"})).status == 401


async def test_a_program_that_is_refused_reads_lines_and_is_told_what_a_path_takes(tmp_path: Path) -> None:
    async with house(tmp_path, required=True) as found:
        visitor = found.visitor()
        for accept, kind in (("*/*", "text/plain"), ("application/json", "text/plain"), ("text/html", "text/html")):
            for method, path, status in (("GET", "/nowhere", 404), ("DELETE", "/wall", 405), ("POST", "/account", 401)):
                answer = await visitor.ask(method, path, headers={"Accept": accept})
                assert answer.status == status
                assert answer.headers.get_content_type() == kind, (accept, path)
                assert answer.headers["Allow"] == ("GET, HEAD" if status == 405 else None)
        assert (await visitor.ask("GET", "/api/v1/status", headers={"Accept": "*/*"})).status == 401


async def test_a_disk_that_takes_nothing_closes_no_page_and_is_told(tmp_path: Path) -> None:
    """A trigger stands for the disk: what reads goes on, what must be written is told with 503 and one line."""
    async with house(tmp_path, required=True) as found:
        found.add("the-viewer", Role.VIEWER)
        visitor = found.enter(f"the-{Role.VIEWER}")

        def refuse(book: Book) -> None:
            book._database.execute("UPDATE session SET used_wall_ns = used_wall_ns - 120 * 1000000000")
            for what in ("UPDATE ON session", "INSERT ON session", "INSERT ON audit"):
                name = what.replace(" ", "_")
                book._database.execute(
                    f"CREATE TRIGGER {name} BEFORE {what} BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
                )

        found.change(refuse)

        assert (await visitor.get("/account")).status == 200
        other = found.visitor()
        answer = await other.log_in("the-viewer")
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert "the book of people cannot be read or written" in answer.text
        assert "Chưa thực hiện được, hãy thử lại sau vài giây" in answer.text
        assert "(không đọc hoặc ghi được sổ người dùng)" in answer.text
        assert other.session == ""
        assert (await visitor.submit("/account", "/logout", {})).status == 503
        assert (await visitor.get("/account")).status == 200, "nothing was half done"

        found.change(lambda book: book._database.execute("DROP TABLE session"))
        answer = await visitor.get("/account")
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5"), "who that is cannot be read"
