"""Pages beside the wall: what they say is what is held, every text is shown as text, both languages are whole."""

import re
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec
import pytest

from collector.inventory.rules import ROLES
from collector.inventory.site import Contact, Device, Inventory, Link
from collector.pages import words
from collector.pages.devices import devices_of
from collector.series.latest import Latest
from shared.wire.reading import Outcome, Reading, Sample
from tests.peers.shown import shown
from tests.peers.story import Story, communes

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def named(name: str, **more: object) -> Inventory:
    """Eight communes whose first has another name."""
    sites = communes(8).sites
    placed = [msgspec.structs.replace(s, latitude=22.6 + 0.05 * n, longitude=105.0) for n, s in enumerate(sites)]
    return Inventory((msgspec.structs.replace(placed[0], name=name, **more), *placed[1:]))


@pytest.fixture(scope="module")
def story() -> Story:
    """One site was lost to its line and returned; another is lost."""
    story = Story(named("Lũng Cú", contacts=(Contact(name="Chị Mai", telephone="0912345678"),)), inside=True)
    story.live(300)
    story.down.add("s0")
    story.live(400)
    story.down = {"s5"}
    story.live(600)
    return story


async def test_a_site_tells_its_state_its_past_and_whom_to_call(story: Story) -> None:
    with shown(story) as client:
        page = (await client.get("/sites/s0")).text
        lost = (await client.get("/sites/s5?lang=en")).text

    assert "Lũng Cú" in page
    assert "Chị Mai" in page
    assert "Bình thường" in page
    assert "đường truyền" in page, "the cause of the incident that is over"
    assert '<path class="rtt"' in page
    assert 'class="loss"' in page
    assert "Down" in lost
    assert 'class="now"' in lost


async def test_a_site_shows_its_devices_and_what_its_contracts_say() -> None:
    link = Link(
        name="main", provider="VNPT", contract="HD-7", committed_down_megabits=62.5, agreed_availability_ratio=0.995
    )
    device = Device(name="ups<1>", role="ups", address="192.0.2.7", maker="APC", model="SMT750")
    story = Story(named("Lũng Cú", links=(link,), devices=(device,)))
    story.live(10)
    with shown(story) as client:
        page = (await client.get("/sites/s0")).text
        english = (await client.get("/sites/s0?lang=en")).text

    assert "cam kết ↓ 62,5 Mbit/s, độ khả dụng 99,5&nbsp;%" in page
    assert "<td>ups&lt;1&gt;</td><td>bộ lưu điện</td><td>192.0.2.7</td><td>APC SMT750</td>" in page
    assert "<td>UPS</td>" in english


def test_every_role_of_a_device_has_words() -> None:
    assert {f"role={role}" for role in ROLES} <= words.TEXTS.keys()


async def test_whom_to_call_is_dialled_and_stands_with_the_incident_that_lasts() -> None:
    called = Contact(name="Chị Mai", telephone="+84 (219) 3.866-000", role="văn phòng")
    story = Story(named("Lũng Cú", contacts=(called,)))
    story.live(60)
    story.down.add("s0")
    story.live(60)
    with shown(story) as client:
        site, incident = [(await client.get(path)).text for path in ("/sites/s0", "/incidents/1")]
        story.down.clear()
        story.live(120)
    with shown(story) as client:
        over = (await client.get("/incidents/1")).text

    link = '<a href="tel:+842193866000">+84 (219) 3.866-000</a>'
    assert f"<p>Chị Mai (văn phòng): {link}</p>" in site
    assert site.index("Chị Mai") < site.index('id="last-day"'), "before all that has to be scrolled for"
    assert f'<span class="reason">Chị Mai:</span> {link}' in incident
    assert "Chị Mai" not in over, "nobody is to be called any more"


async def test_incidents_are_listed_and_each_shows_its_evidence_and_versions(story: Story) -> None:
    with shown(story) as client:
        every = (await client.get("/incidents")).text
        one = (await client.get("/incidents/1?lang=en")).text
        missing = await client.get("/incidents/999")
        for wrong in ("x", "-1", "1" * 400, "١"):
            assert (await client.get(f"/incidents/{wrong}")).status_code == 404

    assert every.count("<tr class=") == len(story.incidents())
    assert "access link" in one
    assert "first hop" in one
    assert len(re.findall(r'<tr><td class="code">\d+</td>', one)) == len(story.journal.versions(1))
    assert missing.status_code == 404


async def test_search_ignores_case_marks_and_d_with_a_stroke(story: Story) -> None:
    with shown(story) as client:
        found = await client.get("/sites", params={"q": "LUNG cu"})
        many = await client.get("/sites", params={"q": "commune"})
        none = await client.get("/sites", params={"q": "Đồng"})
        provided = await client.get("/sites", params={"q": "viettel H1"})

    assert found.headers["location"] == "/sites/s0"
    assert many.text.count("<tr>") - 1 == 7
    assert "<b>0</b>" in none.text
    assert provided.text.count("<tr>") - 1 == 2


async def test_who_looks_for_a_name_is_not_shown_what_has_its_letters_elsewhere() -> None:
    first, *rest = named("Quản Bạ").sites
    story = Story(Inventory((first, *(msgspec.structs.replace(site, name=f"Quảng Bản {site.id}") for site in rest))))
    story.live(2)
    with shown(story) as client:
        exact = await client.get("/sites", params={"q": "quan ba"})
        apart = await client.get("/sites", params={"q": "ban quang"})

    assert exact.headers["location"] == "/sites/s0"
    assert apart.text.count("<tr>") - 1 == 7, "words in another order"


async def test_a_list_that_is_cut_says_so(monkeypatch: pytest.MonkeyPatch, story: Story) -> None:
    monkeypatch.setattr("collector.pages.site._FOUND", 3)
    with shown(story) as client:
        page = (await client.get("/sites")).text

    assert page.count("<tr>") - 1 == 3
    assert "và còn: 5" in page


HOSTILE = "<script>alert(1)</script>'\"><img src=x onerror=alert(2)>{{7*7}}"


async def test_no_text_becomes_markup() -> None:
    story = Story(named(HOSTILE, district=HOSTILE, hub=HOSTILE, contacts=(Contact(name=HOSTILE, role=HOSTILE),)))
    story.live(60)
    story.down.add("s0")
    story.live(60)
    with shown(story) as client:
        for path in ("/sites/s0", "/sites", "/incidents", "/incidents/1", "/wall/map", f"/sites?q={HOSTILE}"):
            page = (await client.get(path)).text
            assert not re.findall(r'<script(?! type="module" src="/static/[0-9a-f]{12}/[a-z]+.js"></script>)', page)
            assert "<img" not in page
            assert "49" not in re.findall(r"alert\(2\)(\d+)", page)


@pytest.mark.parametrize(("path", "scripts"), [("/sites/s0", True), ("/sites", False), ("/incidents", False)])
async def test_no_page_loads_anything_from_elsewhere_or_runs_a_script_that_is_not_ours(
    story: Story, path: str, scripts: bool
) -> None:
    with shown(story) as client:
        answer = await client.get(path)

    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert ("script-src 'self'" in policy) is scripts
    assert "unsafe" not in policy
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', answer.text)
    assert not re.findall(r"\son[a-z]+=|\sstyle=", answer.text)


async def test_what_devices_say_is_told_in_words() -> None:
    story = Story(named("Xã Lũng Cú", kind="Xã"), inside=True)
    story.battery = {"s0": True}
    story.live(120)
    with shown(story) as client:
        vietnamese = (await client.get("/sites/s0")).text
        english = (await client.get("/sites/s0?lang=en")).text

    assert "Nguồn đang cấp" in vietnamese
    assert "ắc quy" in vietnamese
    assert "Load is fed by" in english
    assert "-18 dBm" in english
    assert "<h1>Xã Lũng Cú</h1>" in vietnamese, "its kind is not said twice"


def test_a_device_that_sends_no_number_harms_no_page() -> None:
    samples = (Sample("ifOperStatus", float("nan"), (("ifName", "wan"),)), Sample("ifOperStatus", float("inf")))
    reading = Reading(
        check="ports",
        kind="snmp",
        site="s",
        target="r",
        role="",
        outcome=Outcome.OK,
        started_monotonic_ns=0,
        started_wall_ns=0,
        duration_ns=1,
        samples=samples,
    )

    found = devices_of("s", [Latest("a", reading, 0, 0, None)]).interfaces

    assert {one.value for one in found} == {"ifOperStatus=nan", "ifOperStatus=inf"}


async def test_the_reason_is_told_in_the_language_of_the_page(story: Story) -> None:
    with shown(story) as client:
        vietnamese = (await client.get("/sites/s5")).text
        english = (await client.get("/sites/s5?lang=en")).text

    assert "không trả lời trong" in vietnamese
    assert "no reply from" in english


@pytest.mark.parametrize(("settings", "other"), [("vi", "en"), ("en", "vi")])
async def test_a_language_that_is_not_the_settings_one_goes_from_page_to_page(
    story: Story, settings: Literal["vi", "en"], other: str
) -> None:
    with shown(story, settings) as client:
        pages = [(await client.get(f"{path}?lang={other}")).text for path in ("/sites", "/incidents", "/sites/s5")]
        found = await client.get("/sites", {"q": "lung cu", "lang": other})
        searched = (await client.get("/sites", {"q": "commune", "lang": other})).text
        plain = (await client.get("/sites")).text

    for page in pages:
        links = re.findall(r'href="(/(?:sites|incidents|reports|wall)[^"]*)"', page)
        assert links
        assert [link for link in links if f"lang={other}" not in link and f"lang={settings}" not in link] == []
    assert found.headers["location"] == f"/sites/s0?lang={other}"
    assert f'href="/sites?q=commune&amp;lang={settings}"' in searched, "the switch keeps what was looked for"
    assert f'href="/incidents?lang={other}"' not in plain


async def test_what_lasts_is_shown_however_much_began_after_it(monkeypatch: pytest.MonkeyPatch, story: Story) -> None:
    monkeypatch.setattr("collector.pages.incidents._SHOWN", 0)
    monkeypatch.setattr("collector.pages.site._SHOWN", 0)
    with shown(story) as client:
        every = (await client.get("/incidents")).text
        site = (await client.get("/sites/s5")).text

    lasting = [one for one in story.incidents() if one.is_open]
    assert lasting
    assert all(f">{one.number}</a>" in every for one in lasting)
    assert 'class="now"' in site


async def test_whoever_is_not_logged_in_finds_the_way(story: Story) -> None:
    with shown(story) as client:
        page = (await client.get("/sites/s0")).text

    assert 'href="/login?next=/sites/s0"' in page or 'href="/login?next=%2Fsites%2Fs0"' in page
