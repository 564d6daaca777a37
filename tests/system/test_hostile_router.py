"""What a router says cannot become more than text, whatever it says: from SNMP to every page, in a browser."""

import asyncio
import csv
import io
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright
from prometheus_client.parser import text_string_to_metric_families

from collector.incident import Cause, Clue, Confidence, Incident, Scope, Trouble
from collector.inventory.change import RefusedError
from collector.inventory.rules import tidy, unsafe
from collector.inventory.site import Contact, Device, Inventory, Link, Site
from collector.inventory.versions import Deed, Versions, open_versions
from collector.journal.sqlite import open_sqlite_journal
from collector.notify.settings import NotifySettings
from collector.notify.webhook import WebhookSettings
from collector.people.person import Role
from collector.picture import State
from collector.settings import KnownAgent
from lab import ber
from lab.recording import Recording, Row, parse_recording
from shared.clock import SystemClock
from shared.secret import Secret
from tests.peers.hostile_text import HOSTILE, HOSTILE_BYTES
from tests.peers.presence import require
from tests.peers.programs import PYTHON, ROOT, running
from tests.peers.settings_files import TOKEN, write
from tests.peers.snmp_agents import COMMUNITY, recorded_agent
from tests.peers.visitor import House, Visitor, house

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
PROFILES = ("mikrotik", "teltonika", "huawei_vrp", "cisco", "juniper_srx", "ups_mib")
OCTETS = 4
SECOND_NS = 1_000_000_000
GROUP = 6
SITES = tuple(f"s{number}" for number in range(len(HOSTILE) // GROUP))
PATIENCE_S = 30.0
KINDS = (
    "router_rebooted",
    "first_hop_lost",
    "core_lost",
    "neighbours_down",
    "anchors_lost",
    "agent_silent",
    "link_lost",
)
WATCH = """window.owned = []; window.blocked = [];
  addEventListener('securitypolicyviolation', e => blocked.push(`${e.violatedDirective} ${e.blockedURI}`));
  const title = Object.getOwnPropertyDescriptor(Document.prototype, 'title');
  Object.defineProperty(document, 'title', {set(text) { owned.push(text); }, get() { return title.get.call(this); }});
  for (const name of ['alert', 'confirm', 'prompt', 'open']) window[name] = text => owned.push(`${name} ${text}`);"""
FOREIGN = "iframe,object,embed,video,img,base,style:not([nonce]),math,marquee,template,plaintext,xmp"
LOOK = """foreign => {
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const to = e => e.href?.baseVal ?? e.href ?? e.src ?? e.action;
  return {
    owned, blocked, title: document.title, text: document.body.textContent,
    foreign: all(foreign).map(e => e.outerHTML.slice(0, 80)),
    handlers: all('*').filter(e => [...e.attributes].some(a => a.name.startsWith('on'))).length,
    styled: all('main [style]').filter(e => !e.closest('.plot')).length,
    away: all('[href],[src],[action]').map(to).filter(
      one => typeof one === 'string' && !/^(tel|data):/.test(one) && new URL(one, location).origin !== location.origin),
    wider: document.documentElement.scrollWidth - document.documentElement.clientWidth}; }"""


def told(number: int, field_name: str = "") -> str:
    """Six of the strings, which is what one field of one site says."""
    return " ".join(HOSTILE[number * GROUP : (number + 1) * GROUP]) + field_name


def site(number: int) -> Site:
    """No rule of the inventory was asked: this is what would be if one of them failed."""
    text = told(number)
    link = Link(name=text, provider=text, kind=text, contract=text, agreed_availability_ratio=0.99)
    return Site(
        id=SITES[number],
        name=text,
        code=text,
        kind="Xã",
        district_code=str(number % 3),
        district=text,
        hub=text,
        power_area=text,
        links=(link,),
        contacts=(Contact(name=text, telephone=text, role=text),),
        devices=(Device(name=text, address=text, role="other", profile=text, maker=text, model=text),),
        latitude=22.5 + number / 40,
        longitude=105.0,
    )


INVENTORY = Inventory(tuple(site(number) for number in range(len(SITES))))


def recording(text: bytes) -> Recording:
    """A router of all makers at once, each of whose texts is this one."""
    rows: dict[ber.Oid, Row] = {}
    for profile in ("system", "if_mib", "host_resources", *PROFILES):
        source = (ROOT / "config" / "profiles" / profile / "recording.snmprec").read_text(encoding="utf-8")
        for row in parse_recording(source).rows:
            rows[row.oid] = row
    spoken = ber.wrap(ber.OCTETS, text)
    return Recording(
        Row(row.oid, row.name, row.tag, lambda _: spoken) if row.tag == OCTETS else row for row in rows.values()
    )


def agent_settings(folder: Path, port: int, routers: list[int]) -> Path:
    """One that asks all routers, and has nothing else to do."""
    credentials = write(folder / "credentials.yaml", {"routers": {"version": "2c", "community": COMMUNITY}})
    credentials.chmod(0o600)
    targets = [
        {"site": SITES[number % len(SITES)], "name": f"r{number}", "address": f"127.0.0.1:{router}"}
        | {"role": "router", "credentials": "routers"}
        for number, router in enumerate(routers)
    ]
    checks = [
        {"kind": "snmp", "name": "router", "every_seconds": 3, "timeout_seconds": 2.9, "profiles": list(PROFILES)}
    ]
    return write(
        folder / "agent.yaml",
        {
            "agent": "province",
            "site": "province",
            "uplink": {"url": f"http://127.0.0.1:{port}", "token": TOKEN.format("province")},
            "state": str(folder / "agent"),
            "credentials_file": str(credentials),
            "commit_seconds": 0.5,
            "checks": checks,
            "targets": targets,
        },
    )


def incidents(now_ns: int) -> list[Incident]:
    """One of each subject that is a name."""
    subjects = {Scope.HUB: 0, Scope.PROVIDER: 1, Scope.POWER_AREA: 2, Scope.AGENT: 3, Scope.SITE: 4}
    return [
        Incident(
            number=number + 1,
            version=1,
            at_ns=now_ns,
            scope=scope,
            subject=SITES[place] if scope is Scope.SITE else told(place),
            trouble=Trouble.DOWN,
            cause=Cause.HUB,
            confidence=Confidence.FINAL,
            began_ns=now_ns - 600 * SECOND_NS,
            known_ns=now_ns - 500 * SECOND_NS,
            sites=SITES,
            still=SITES[:5],
            clues=tuple(Clue(kind=kind, at_ns=now_ns, site=SITES[place], subject=told(place)) for kind in KINDS),
        )
        for number, (scope, place) in enumerate(subjects.items())
    ]


@dataclass
class Scene:
    """A collector that heard all of it, and a browser of somebody who may do all."""

    house: House
    page: Page
    admin: Visitor
    metrics: str = ""
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.house.port}"

    async def look(self, path: str, sheet: str = "") -> dict[str, Any]:
        """What became of a page, or of its answer to a sheet; all of it is checked but for its words."""
        await self.page.goto(self.url + path, wait_until="load")
        if sheet:
            await self.page.locator("textarea").fill(sheet)
            await self.page.locator("button[value=import]").click()
            await self.page.wait_for_selector("[role=alert]")
        seen: dict[str, Any] = await self.page.evaluate(LOOK, FOREIGN)
        assert {name: seen[name] for name in CLEAN} == CLEAN, path
        assert seen["wider"] <= 0, f"{path}: what is long breaks the width of the page"
        assert {one for one in self.asked if not one.startswith((self.url, "data:"))} == set()
        return seen


CLEAN = {"owned": [], "blocked": [], "foreign": [], "handlers": 0, "styled": 0, "away": []}


def written(folder: Path) -> Inventory:
    """What the rules let into the inventory of the pages that edit it: all that a reader sees as it is."""
    names = [tidy(text) for text in HOSTILE if not unsafe(tidy(text))]
    sites = [
        Site(
            id=f"x{number}",
            name=text,
            code=f"9{number}",
            district=text,
            hub=text,
            links=(Link(name="m", provider=text),),
        )
        for number, text in enumerate(names)
    ]
    with open_versions(folder / "inventory.sqlite") as versions:
        versions.accept(Inventory(tuple(sites)), Deed(at_wall_ns=1, who=names[0], deed="import", why=names[1]))
        for text in HOSTILE:
            if unsafe(tidy(text)):
                refused(versions, text)
        return versions.inventory()


def refused(versions: Versions, text: str) -> None:
    with pytest.raises(RefusedError) as error:
        versions.accept(Inventory((Site(id="y", name=text),)), Deed(at_wall_ns=1, who="", deed="import"))
    assert all(line.isprintable() for line in error.value.problems)


@asynccontextmanager
async def routers() -> AsyncIterator[list[int]]:
    async with AsyncExitStack() as stack:
        yield [(await stack.enter_async_context(recorded_agent(recording(text)))).port for text in HOSTILE_BYTES]


@asynccontextmanager
async def page_of(visitor: Visitor) -> AsyncIterator[Page]:
    chromium = require("chromium", "chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        context = await browser.new_context(viewport={"width": 1366, "height": 900})
        await context.add_init_script(WATCH)
        place = {"domain": "127.0.0.1", "path": "/", "secure": True}
        await context.add_cookies([{"name": name, "value": value, **place} for name, value in visitor.cookies.items()])
        yield await context.new_page()
        await browser.close()


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Scene]:
    """All of it, begun once."""
    now_ns = SystemClock().wall_ns()
    written(folder)
    with open_sqlite_journal(folder / "journal.sqlite") as journal:
        changes = [(one, now_ns, State.UP, State.DOWN, told(number)) for number, one in enumerate(SITES)]
        journal.write(changes, incidents(now_ns))
    told_to = NotifySettings(channels=(WebhookSettings(name="sms", url="http://127.0.0.1:9/", secret=Secret("x")),))
    known = [KnownAgent(name="province", site="province", token=Secret(TOKEN.format("province")))]
    async with routers() as ports, house(folder, told_to, INVENTORY, agents=known, required=True) as running_house:
        running_house.add("admin", Role.ADMIN)
        admin = running_house.enter("admin")
        settings = agent_settings(folder, running_house.port, ports)
        with running("agent", [PYTHON, "-m", "agent", "run", "--config", str(settings)], folder) as agent:
            metrics = ""
            async with asyncio.timeout(PATIENCE_S):
                while metrics.count("phusong_snmp_up{") < len(ports):
                    assert agent.process.poll() is None, agent.said()
                    await asyncio.sleep(1.0)
                    metrics = (await running_house.visitor().get("/metrics")).text
        async with page_of(admin) as page:
            scene = Scene(running_house, page, admin, metrics)
            page.on("request", lambda request: scene.asked.append(request.url))
            yield scene


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with opened(tmp_path_factory.mktemp("hostile")) as found:
        yield found


def flat(text: str) -> str:
    """As a reader compares: spaces are folded, and what cannot be seen is none."""
    return " ".join("".join(char if char.isprintable() else " " for char in text.replace("\ufffd", " ")).split())


async def test_every_text_of_a_router_reaches_prometheus_as_one_label_that_its_parsers_read(scene: Scene) -> None:
    families = {family.name: family for family in text_string_to_metric_families(scene.metrics)}
    named = {row.labels["instance"]: row.labels for row in families["phusong_snmp_system_info"].samples}
    ports = [row.labels for row in families["ifOperStatus"].samples]

    assert "phusong_owned" not in families
    for number, raw in enumerate(HOSTILE_BYTES):
        text = named.get(f"r{number}", {}).get("sysName", "")
        assert text == said(raw), raw
        alias = next(one for one in ports if one["instance"] == f"r{number}").get("ifAlias", "")
        assert alias == text
    if promtool := shutil.which("promtool"):
        checked = subprocess.run(  # noqa: ASYNC221 - nothing else goes on
            [promtool, "check", "metrics"], input=scene.metrics, capture_output=True, text=True, check=False
        )
        assert "error while linting" not in checked.stderr
        assert "parse" not in checked.stderr.lower()


def said(raw: bytes) -> str:
    """What the agent makes of it: hexadecimal where it is no UTF-8, spaces for what drives or hides, 256 letters."""
    try:
        text = raw.rstrip(b"\0").decode()
    except UnicodeDecodeError:
        return f"0x{raw[:127].hex()}"
    return "".join(char if char.isprintable() else " " for char in text).strip()[:256]


@pytest.mark.parametrize("number", range(len(SITES)))
async def test_the_page_of_a_site_shows_what_its_routers_say_as_text(scene: Scene, number: int) -> None:
    seen = await scene.look(f"/sites/{SITES[number]}")

    assert flat(seen["title"]) == flat(f"{told(number)} · phusong")
    for place, raw in enumerate(HOSTILE_BYTES):
        if place % len(SITES) == number:
            assert flat(said(raw)[:80]) in flat(seen["text"]), raw


async def test_no_page_runs_loads_or_breaks_by_a_name(scene: Scene) -> None:
    for path in (
        *("/sites?lang=en", "/incidents?lang=en", "/reports", "/wall", "/wall?theme=light&lang=en", "/wall/map"),
        *(f"/incidents/{one.number}" for one in incidents(0)),
        *("/maintenance", "/inventory", "/inventory/x0", "/inventory/x1?lang=en", "/account"),
    ):
        seen = await scene.look(path)
        if path.startswith(("/sites", "/wall")):
            assert all(flat(told(number)) in flat(seen["text"]) for number in range(len(SITES))), path


async def test_what_a_visitor_says_stays_text(scene: Scene) -> None:
    """In addresses, comments and sheets; the last is answered by a page of errors."""
    for number in range(len(SITES)):
        place = ("/wall?screen=", "/sites?q=", "/inventory?q=", "/login?next=/", "/wall/map?screen=")[number % 5]
        await scene.look(place + quote(told(number)))
        commented = {"do": "comment", "text": told(number)}
        assert (await scene.admin.submit("/incidents/2", "/incidents/2", commented)).status == 303
    await scene.admin.submit("/incidents/2", "/incidents/2", {"do": "comment", "text": "W" * 65_536})
    page = flat((await scene.look("/incidents/2"))["text"])
    sheet = io.StringIO()
    csv.writer(sheet).writerows([("code", "name"), *((text, text) for text in HOSTILE)])
    lines = flat((await scene.look("/inventory", sheet.getvalue()))["text"])

    assert all(flat(told(number)) in page for number in range(len(SITES)))
    assert "có ký tự ẩn" in lines


async def test_no_cell_of_the_export_is_a_formula(scene: Scene) -> None:
    text = (await scene.admin.get("/inventory.csv")).text
    rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))

    assert len(rows) == 1 + len(HOSTILE) - sum(bool(unsafe(tidy(one))) for one in HOSTILE)
    assert [cell for row in rows for cell in row if cell[:1] in {*"=+-@"} and not cell[1:].isdecimal()] == []
