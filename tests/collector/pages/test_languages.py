"""Every page and every fault of a form in one language: no sentence of the other one is left on it."""

import re
from collections.abc import AsyncIterator, Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
import pytest_asyncio
from babel.messages.pofile import read_po

import collector
from collector.incident import Cause, Clue, Confidence, Incident, Scope, Trouble
from collector.inventory.rules import ROLES
from collector.inventory.site import Contact, Device, Hub, Inventory, Link, Site
from collector.inventory.versions import Deed, open_versions
from collector.journal.sqlite import open_sqlite_journal
from collector.judgement.clues import ClueKind
from collector.notify.settings import NotifySettings
from collector.notify.webhook import WebhookSettings
from collector.people.person import Role
from collector.picture import State
from shared.clock import SystemClock
from shared.secret import Secret
from tests.peers.shown import shown
from tests.peers.story import Story
from tests.peers.visitor import House, Visitor, house

pytestmark = pytest.mark.asyncio(loop_scope="module")
SECOND_NS = 1_000_000_000
ENGLISH = re.compile(
    r"\b(the|is|are|was|of|that|this|there|must|would|with|and|which|has|have|been|nothing|did|you|by|known)\b",
    re.IGNORECASE,
)
"""Words that no sentence of Vietnamese has, with or without its marks."""
VIETNAMESE = re.compile(r"[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹáàãéèíìĩóòõúùũý]", re.IGNORECASE)
ATTRIBUTES = ("placeholder", "aria-label", "aria-description", "title", "alt")
REASONS = (
    "no fresh measurement of this site",
    "agent QA1 reports from the site itself",
    "RTT of 812 ms to QR1, measured by QA1",
    "no reply from QR1 in 3 runs of QA1; but agent QA1 reports from the site itself",
    "maintenance; 40% loss to QR1 over 5 runs of QA1",
)


def site(number: int) -> Site:
    """With a word of each kind, and names that are of no language."""
    return Site(
        id=f"q{number}",
        name=f"QX{number}",
        code=f"0{number}",
        district="QD",
        hub="QH",
        links=tuple(
            Link(name=f"ql{place}", provider="QP", kind=kind, contract="QK-1") for place, kind in enumerate(KINDS)
        ),
        contacts=(Contact(name="QC", telephone="0219 1", role="QR"),),
        devices=tuple(Device(name=f"qd{place}", role=role) for place, role in enumerate(ROLES)),
        agent_expected=True,
        latitude=22.5,
        longitude=105.0,
    )


KINDS = ("fibre", "4g", "microwave", "leased")
INVENTORY = Inventory(tuple(map(site, range(1, 6))), (Hub(name="QH"),))


class Texts(HTMLParser):
    """What a reader is shown: texts and the attributes that are read out."""

    def __init__(self, page: str, foreign: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.links: list[str] = []
        self._foreign = foreign
        self._silent: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if (
            self._silent
            or tag in {"script", "style", "code", "datalist"}
            or (given.get("lang") == self._foreign and tag != "html")
        ):
            self._silent += [] if tag in {"input", "meta", "link", "br"} else [tag]
        else:
            self.found += [given[name] for name in ATTRIBUTES if given.get(name)]
        if tag == "a" and given.get("href", "").startswith("/"):
            self.links.append(given["href"])

    def handle_endtag(self, tag: str) -> None:
        if self._silent and self._silent[-1] == tag:
            self._silent.pop()

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.found.append(" ".join(data.split()))


def sources() -> Iterator[str]:
    """Every text of which the catalogues say that Vietnamese has another one."""
    for path in sorted(Path(collector.__file__).parent.rglob("vi/LC_MESSAGES/*.po")):
        with path.open("rb") as file:
            yield from (str(one.id) for one in read_po(file, locale="vi") if one.id and one.id != one.string)


NOT_ON_VIETNAMESE = frozenset(text for text in sources() if len(text) > 3) - {"English"}


def left_over(page: str, language: str) -> list[str]:
    """What of a page is of the other language."""
    if language == "en":
        return [text for text in Texts(page, "vi").found if VIETNAMESE.search(text)]
    found = Texts(page, "en").found
    return [text for text in found if text.strip(" :…") in NOT_ON_VIETNAMESE or ENGLISH.search(text)]


def incidents(now_ns: int) -> list[Incident]:
    """One of each trouble, cause, scope, reason of silence, with all kinds of evidence."""
    scopes, troubles, causes, silent = list(Scope), list(Trouble), list(Cause), ["", "past", "maintenance", "folded"]
    clues = tuple(Clue(kind=kind, at_ns=now_ns, site="q1", subject="QS", value=2.0) for kind in ClueKind)
    return [
        Incident(
            number=number + 1,
            version=1,
            at_ns=now_ns,
            scope=scopes[number % len(scopes)],
            subject={Scope.SITE: "q2"}.get(scopes[number % len(scopes)], "QS"),
            trouble=troubles[number % len(troubles)],
            cause=causes[number],
            confidence=list(Confidence)[number % 2],
            began_ns=now_ns - 900 * SECOND_NS,
            known_ns=now_ns - 800 * SECOND_NS,
            ended_ns=None if number % 2 else now_ns - 60 * SECOND_NS,
            sites=("q1", "q2"),
            still=("q1",) if number % 2 else (),
            clues=clues,
            silent_because=silent[number % 4],
            folded_into=2 if number % 4 == 3 else None,
        )
        for number in range(len(causes))
    ]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def people(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[Role, Visitor]]:
    async for found in people_of(tmp_path_factory):
        yield found


async def people_of(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[Role, Visitor]]:
    """A collector with something of everything, and somebody of each role."""
    folder, now_ns = tmp_path_factory.mktemp("languages"), SystemClock().wall_ns()
    with open_versions(folder / "inventory.sqlite") as versions:
        versions.accept(INVENTORY, Deed(at_wall_ns=1, who="qw", deed="import"))
    states = [(one, now_ns, State.UP, State.DOWN, why) for one, why in zip(INVENTORY.by_id(), REASONS, strict=True)]
    with open_sqlite_journal(folder / "journal.sqlite") as journal:
        journal.write(states, incidents(now_ns))
    (folder / "maintenance.yaml").write_text(
        "windows: [{id: a, from: '2026-01-01 00:00', sites: [q1], who: qw, why: qy,"
        " weekly: {days: [mon, tue, wed, thu, fri, sat, sun], at: '02:00', hours: 2}}]"
    )
    channel = WebhookSettings(name="sms", url="http://127.0.0.1:9/", secret=Secret("x"))
    async with house(folder, NotifySettings(channels=(channel,)), INVENTORY, required=True) as opened:
        yield dict(entered(opened))


def entered(opened: House) -> Iterator[tuple[Role, Visitor]]:
    for role in Role:
        opened.add(f"q-{role}", role)
        yield role, opened.enter(f"q-{role}")


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("role", [Role.ADMIN, Role.VIEWER])
async def test_no_page_has_a_sentence_of_the_other_language(
    people: dict[Role, Visitor], role: Role, language: str
) -> None:
    """All that can be reached from the wall, by whoever may do most and who may do least."""
    ahead, seen = ["/wall", "/account", *(["/people"] if role is Role.ADMIN else [])], dict[str, list[str]]()
    while ahead:
        path = ahead.pop()
        if path in seen or ".csv" in path or (path.startswith("/reports/") and any("reports/" in one for one in seen)):
            continue
        answer = await people[role].get(f"{path}?lang={language}")
        seen[path] = left_over(answer.text, language)
        ahead += [
            link.partition("?")[0] for link in (*Texts(answer.text, "").links, answer.headers.get("location", "/wall"))
        ]
        assert answer.status in {200, 303}, path
    assert {path: texts for path, texts in seen.items() if texts} == {}
    assert {"/incidents/1", "/incidents/8", "/sites/q1", "/inventory/q1", "/maintenance", "/wall/map"} <= seen.keys()
    assert ("/inventory/new" in seen) is (role is Role.ADMIN)


async def test_a_page_in_the_other_language_would_be_seen(people: dict[Role, Visitor]) -> None:
    for path in ("/wall", "/sites/q1", "/incidents/1", "/inventory/q1", "/maintenance", "/reports", "/account"):
        for asked, read in (("vi", "en"), ("en", "vi")):
            answer = await people[Role.ADMIN].get(f"{path}?lang={asked}")
            assert answer.status == 303 or len(left_over(answer.text, read)) > 5, path


BAD_FIELDS = {
    "name": "=1",
    "hub": "a\u202eb",
    "district": "x" * 199 + "\u00a0y" * 9,
    "latitude": "91",
    "longitude": "east",
    "agent_expected": "perhaps",
    "link1_committed_up_megabits": "-1",
    "link1_agreed_availability_ratio": "7",
    "link1_targets": "a a",
    "link2_name": "ql0",
    "device1_role": "rooter",
    "device2_role": "zzzzzz",
}
SHEETS = (
    "",
    "code,name\n",
    "code,name,huub,zzzzzz\n1,2,3,4\n",
    "name,code,code\n1,2,3\n",
    "kind,xnam\n1,2\n",
    'code,name\n"1,2\n',
    "code,name\n1,a,stray\n1,b\n2,=x\n",
    "id,code,name\nq1,1,a\nq1,2,b\n",
    "sep=x\n",
    "code,name\n1,H\ufffd Giang\n",
    "code,name,latitude\n1,,x\n",
    "code,name\n1,a\n",
)
WINDOWS = (
    {"where": "QH", "until": "2000-01-01T00:00", "why": "x"},
    {"where": "qh", "until": "tomorrow", "why": ""},
    {"where": "zzzzzz", "begin": "x", "until": "", "why": "x"},
)


async def test_no_fault_of_a_form_is_told_in_the_other_language(people: dict[Role, Visitor]) -> None:
    admin, told = people[Role.ADMIN], dict[str, list[str]]()
    found = re.search(r'name="form_token" value="(\w+)"', (await admin.get("/account")).text)
    assert found
    token = found[1]

    async def submit(path: str, **fields: str) -> None:
        for language in ("vi", "en"):
            answer = await admin.post(f"{path}?lang={language}", {"form_token": token, **fields})
            wrong = re.findall(r'class="fault"|role="alert"', answer.text)
            assert wrong or fields.get("do") == "import", (path, fields, answer.status)
            told[f"{path} {language} {fields}"] = left_over(answer.text, language)

    for name, value in BAD_FIELDS.items():
        await submit("/inventory/q1", code="01", version="1", **{"name": "QX1", name: value})
    await submit("/inventory/q1", code="01", name="QX9", version="7")
    await submit("/inventory/new", id="q1", code="1", name="QX", version="1")
    await submit("/inventory/new", id="", code="", name="", version="1")
    for sheet in SHEETS:
        await submit("/inventory", do="import", sheet=sheet, version="1")
    await submit("/inventory", do="import", sheet=SHEETS[-1], taken="yes", version="1")
    await submit("/inventory", do="undo", number="77", version="1")
    await submit("/inventory", do="remove", site="zz", version="1")
    for window in WINDOWS:
        await submit("/maintenance", do="add", **window)
    await submit("/maintenance", do="end", id="zz")
    for name in ("A B", "q-admin", "qz"):
        await submit("/people", deed="add", name=name, role="viewer", password="short")
    for password in ("short", "x" * 20, "q-admin-q-admin", "x" * 1100):
        await submit("/account", old=password, new=password, again=password)

    assert {place: texts for place, texts in told.items() if texts} == {}


async def test_a_site_with_devices_and_a_day_has_no_sentence_of_the_other_language() -> None:
    story = Story(INVENTORY, inside=True)
    story.battery = {"q1": True}
    story.live(130)
    story.loss = 0.4
    story.live(400)
    for language in ("vi", "en"):
        with shown(story, language) as client:
            for path in ("/sites/q1", "/sites/q2", "/sites", "/incidents", "/reports"):
                assert left_over((await client.get(path)).text.replace("Hà Giang", "QT"), language) == [], path


async def test_short_answers_are_in_both_languages(people: dict[Role, Visitor]) -> None:
    viewer, admin = people[Role.VIEWER], people[Role.ADMIN]
    answers = [
        await viewer.get("/nowhere"),
        await viewer.post("/inventory", {"do": "import"}),
        await admin.post("/inventory", {"do": "import", "form_token": "old"}),
        await viewer.get("/people"),
    ]
    for answer in answers:
        assert answer.status in {403, 404}
        assert VIETNAMESE.search(answer.text), answer.text
        assert re.search(r"[a-z]{3}", "".join(line for line in answer.text.splitlines() if not VIETNAMESE.search(line)))
