"""Inventory and maintenance on pages: who may, what is refused, who was quicker, and every change can be taken back."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from pathlib import Path

import pytest
import pytest_asyncio

from collector.inventory.change import compare
from collector.inventory.site import Contact, Inventory, Link, Site
from collector.inventory.versions import Deed, open_versions
from collector.pages.site_form import parts, plain_fields, site_of
from collector.people.person import Role
from tests.peers.visitor import House, Visitor, house

pytestmark = pytest.mark.asyncio(loop_scope="module")
SITES = tuple(
    Site(
        id=f"s{number}",
        name=f"Xã Số {number}",
        code=f"00{number}",
        hub="Đồng Văn",
        links=(Link(name="main", provider="VNPT", contract="K-1", committed_down_megabits=100.5),),
        contacts=(Contact(name="Bà Mùa", telephone="+84 219 3 866"),),
    )
    for number in range(10)
)


class Form(HTMLParser):
    """The fields of a page's form, as a browser would send them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "input" and given.get("name") and given.get("type") != "search":
            self.fields[given["name"]] = given.get("value", "")
        elif tag == "select":
            self._select = given["name"]
            self.fields[self._select] = ""
        elif tag == "option" and "selected" in given:
            self.fields[self._select] = given["value"]


@asynccontextmanager
async def stocked(folder: Path) -> AsyncIterator[tuple[House, dict[Role, Visitor]]]:
    with open_versions(folder / "inventory.sqlite") as versions:
        versions.accept(Inventory(SITES), Deed(at_wall_ns=1, who="", deed="import"))
    async with house(folder, inventory=Inventory(SITES), required=True) as found:
        people = {}
        for role in Role:
            found.add(f"the-{role}", role)
            people[role] = found.enter(f"the-{role}")
        yield found, people


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def still(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[Role, Visitor]]:
    """One house for all that changes nothing, which is looked at in the end."""
    folder = tmp_path_factory.mktemp("still")
    async with stocked(folder) as (_, people):
        yield people
    assert inventory(folder).sites == SITES


def inventory(folder: Path) -> Inventory:
    with open_versions(folder / "inventory.sqlite") as versions:
        return versions.inventory()


@pytest.mark.parametrize("site", [SITES[0], Site(id="bare", name="Bare")])
async def test_a_form_that_nobody_changed_changes_nothing(site: Site) -> None:
    fields = {one.name: one.value for one in plain_fields(site)}
    fields |= {one.name: one.value for part in parts(site) for one in part.fields}

    assert site_of(site.id, fields, Inventory((site,))) == site


async def test_an_operator_changes_whom_to_call_and_the_log_says_so(tmp_path: Path) -> None:
    async with stocked(tmp_path) as (found, people):
        operator = people[Role.OPERATOR]
        fields = Form((await operator.get("/inventory/s3")).text).fields
        fields |= {
            "contact1_telephone": "0219 3 867 000",
            "contact2_name": "Ông Vàng",
            "link1_kind": "fibre",
            "why": "mới",
        }
        answer = await operator.post("/inventory/s3", fields)
        listed = (await operator.get("/inventory?q=ong+vang")).text
        sheet = await operator.get("/inventory.csv?separator=%3B")

        assert answer.status == 303
        assert "Xã Số 3" in listed
        assert "Xã Số 4" not in listed
        assert ";100,5;" in sheet.text
        assert ("the-operator", "inventory-edit", "s3", "0 new, 0 gone, 1 altered") in found.log()
    now = inventory(tmp_path).by_id()["s3"]
    assert [(one.name, one.telephone) for one in now.contacts] == [("Bà Mùa", "0219 3 867 000"), ("Ông Vàng", "")]
    assert now.links[0].kind == "fibre"
    assert compare(Inventory(SITES), inventory(tmp_path)).altered == ("s3",)


async def test_who_was_slower_is_told_and_keeps_what_they_typed(tmp_path: Path) -> None:
    async with stocked(tmp_path) as (_, people):
        slow, quick = people[Role.ADMIN], people[Role.OPERATOR]
        fields = Form((await slow.get("/inventory/s3")).text).fields
        await quick.post("/inventory/s3", {**Form((await quick.get("/inventory/s3")).text).fields, "name": "Quick"})
        answer = await slow.post("/inventory/s3", {**fields, "name": "Slow"})

    assert answer.status == 409
    assert "đã có người khác sửa" in answer.text
    assert 'value="Slow"' in answer.text
    assert inventory(tmp_path).by_id()["s3"].name == "Quick"


@pytest.mark.parametrize(
    ("field", "value", "line"),
    [
        ("name", "=1+1", "bảng tính sẽ coi là công thức"),
        ("name", "", "đang để trống"),
        ("hub", "a\u202eb", "có ký tự ẩn U+202E"),
        ("latitude", "91", "91 nằm ngoài khoảng từ -90 đến 90"),
        ("link1_committed_down_megabits", "fast", "&#39;fast&#39; không phải là số"),
        ("contact2_telephone", "12", "không được để trống"),
    ],
)
async def test_what_is_wrong_is_told_beside_its_field_and_nothing_typed_is_lost(
    still: dict[Role, Visitor], field: str, value: str, line: str
) -> None:
    operator = still[Role.OPERATOR]
    fields = Form((await operator.get("/inventory/s3")).text).fields
    answer = await operator.post("/inventory/s3", {**fields, "longitude": "181", field: value, "why": "vì thế"})

    said = {"contact2_telephone": "contact2_name"}.get(field, field)
    assert answer.status == 409
    assert re.search(
        rf'aria-describedby="wrong-{said}">\s*<small id="wrong-{said}">[^<]*{re.escape(line)}', answer.text
    )
    assert 'id="wrong-longitude">181 nằm ngoài' in answer.text, "all that is wrong at once"
    typed = Form(answer.text).fields
    assert (typed[field], typed["longitude"], typed["why"]) == (value, "181", "vì thế")
    assert answer.text.count("<details open>") == (field == "contact2_telephone")


async def test_what_is_known_is_chosen_from_a_list_and_said_in_words(still: dict[Role, Visitor]) -> None:
    page = (await still[Role.OPERATOR].get("/inventory/s3")).text
    listed = (await still[Role.OPERATOR].get("/inventory")).text

    for name, word, known in (("hub", "hub", "Đồng Văn"), ("link1_provider", "links.provider", "VNPT")):
        assert re.search(rf'<input name="{name}"[^>]* list="{word}"', page)
        assert f'<option value="{known}">' in page.partition(f'<datalist id="{word}">')[2].partition("</datalist>")[0]
    assert '<option value="fibre">cáp quang</option>' in page
    assert '<select name="agent_expected"><option selected value="no">không' in re.sub(r"\n *", "", page).replace(
        '<option value="yes">có</option>', ""
    )
    assert "VNPT" in listed


async def test_a_sheet_is_shown_before_it_is_taken_and_can_be_taken_back(tmp_path: Path) -> None:
    """Few sites, one of them changed, one new: it waits for one word, and for a second as so many would go."""
    async with stocked(tmp_path) as (found, people):
        admin = people[Role.ADMIN]
        sheet = "id,code,name,link1_provider\ns1,001,Xã Số 1,Viettel\nx,077,Xã Mới,FPT\n"
        asked = {"do": "import", "sheet": sheet, "version": "1"}
        first = await admin.submit("/inventory", "/inventory", asked)
        unsure = await admin.submit("/inventory", "/inventory", {**asked, "taken": "yes"})
        assert inventory(tmp_path).sites == SITES
        form = Form(first.text).fields
        again = await admin.submit("/inventory", "/inventory", {**form, **asked, "taken": "yes", "sure": "yes"})
        assert again.status == 303
        assert [site.id for site in inventory(tmp_path).sites] == ["s1", "x"]
        back = {"do": "undo", "number": "2", "version": "2"}
        look = await admin.submit("/inventory", "/inventory", back)
        done = await admin.submit("/inventory", "/inventory", {**back, "taken": "yes", "sure": "yes"})
        logged = [row[1] for row in found.log() if row[1].startswith(("sites-", "inventory-"))]

    assert (first.status, unsure.status, look.status, done.status) == (200, 409, 200, 303)
    assert "Điểm sẽ bị xóa <b>9</b> / 10" in first.text
    assert "Điểm mới <b>1</b>" in first.text
    assert "Đường truyền 1, Nhà mạng: <del>VNPT</del> → <ins>Viettel</ins>" in first.text
    assert 'name="sure" value="yes" required' in first.text
    assert form["version"] == "1", "what is taken is what was seen"
    assert "9 trong 10 điểm sẽ bị xóa" in unsure.text
    assert "Xã Số 3" in look.text
    assert logged == ["sites-import", "inventory-undo"]
    assert inventory(tmp_path).sites == SITES


async def test_a_sheet_that_others_overtook_is_not_taken(tmp_path: Path) -> None:
    async with stocked(tmp_path) as (_, people):
        admin, quick = people[Role.ADMIN], people[Role.OPERATOR]
        sheet = (await admin.get("/inventory.csv")).text.replace("VNPT", "FPT")
        first = await admin.submit("/inventory", "/inventory", {"do": "import", "sheet": sheet, "version": "1"})
        await quick.post("/inventory/s3", {**Form((await quick.get("/inventory/s3")).text).fields, "name": "Quick"})
        taken = {**Form(first.text).fields, "do": "import", "sheet": sheet}
        late = await admin.submit("/inventory", "/inventory", taken)

    assert late.status == 409
    assert "đã có người khác sửa" in late.text
    assert "FPT" in late.text.partition("<textarea")[2], "the sheet is still there"
    assert inventory(tmp_path).by_id()["s3"].name == "Quick"


async def test_a_sheet_that_is_wrong_is_told_by_its_line(still: dict[Role, Visitor]) -> None:
    answer = await still[Role.ADMIN].submit(
        "/inventory", "/inventory", {"do": "import", "sheet": "code,name,huub\n001,A,x\n", "version": "1"}
    )

    assert answer.status == 409
    assert "dòng 1: không hiểu cột &#39;huub&#39;, có phải là &#39;hub&#39;?" in answer.text
    assert "sites.csv" not in answer.text, "no path of ours"


async def test_a_new_site_and_its_end(tmp_path: Path) -> None:
    async with stocked(tmp_path) as (_, people):
        admin = people[Role.ADMIN]
        fields = Form((await admin.get("/inventory/new")).text).fields
        taken = await admin.post("/inventory/new", {**fields, "id": "s1", "code": "x", "name": "x"})
        made = await admin.post("/inventory/new", {**fields, "id": "new-one", "code": "0777", "name": "Xã Mới"})
        assert (taken.status, made.status) == (409, 303)
        assert "new-one" in inventory(tmp_path).by_id()
        gone = {"do": "remove", "site": "new-one", "version": "2"}
        asked = await admin.submit("/inventory", "/inventory", gone)
        assert "Xã Mới" in asked.text
        assert "new-one" in inventory(tmp_path).by_id(), "nothing goes at one word"
        await admin.submit("/inventory", "/inventory", {**gone, "taken": "yes"})
    assert inventory(tmp_path).sites == SITES


async def test_a_viewer_looks_and_an_operator_imports_nothing(still: dict[Role, Visitor]) -> None:
    page = (await still[Role.VIEWER].get("/inventory/s1")).text
    imported = await still[Role.OPERATOR].submit("/inventory/s1", "/inventory", {"do": "import", "sheet": "x"})
    maintained = (await still[Role.VIEWER].get("/maintenance")).text

    main = page.partition("<main>")[2]
    assert "<dt>Nhà mạng</dt><dd>VNPT</dd>" in main
    assert not re.findall("<input|<select|<button|<datalist", main), "no box that cannot be saved"
    assert imported.status == 403
    assert "<fieldset>" not in maintained


async def test_maintenance_is_set_for_a_hub_and_ended(tmp_path: Path) -> None:
    window = {"do": "add", "where": "Đồng Văn", "begin": "2026-01-01T00:00", "until": "2099-01-01T00:00", "why": "cáp"}
    async with stocked(tmp_path) as (found, people):
        operator = people[Role.OPERATOR]
        before = (await operator.get("/maintenance")).text
        wrong = await operator.submit(
            "/maintenance", "/maintenance", {**window, "where": "Đồng Vằn", "until": "2000-01-01T00:00"}
        )
        added = await operator.submit("/maintenance", "/maintenance", window)
        shown = (await operator.get("/maintenance?lang=en")).text
        gone = await operator.submit("/maintenance", "/maintenance", {"do": "end", "id": "nobody"})
        ended = await operator.submit("/maintenance", "/maintenance", {"do": "end", "id": "20260101-1"})
        after = (await operator.get("/maintenance?lang=en")).text
        deeds = [row for row in found.log() if row[1].startswith("maintenance")]

    assert "múi giờ của tỉnh (Asia/Ho_Chi_Minh)" in before
    assert (wrong.status, added.status, gone.status, ended.status) == (409, 303, 409, 303)
    assert 'id="wrong-where">&#39;Đồng Vằn&#39; không có trong danh mục</small>' in wrong.text
    assert 'id="wrong-until">phải sau thời điểm bắt đầu</small>' in wrong.text
    assert Form(wrong.text).fields["until"] == "2000-01-01T00:00"
    assert "10: " in shown
    assert "the-operator" in shown
    assert "No maintenance" in after
    assert deeds == [
        ("the-operator", "maintenance-add", "20260101-1", "cáp"),
        ("the-operator", "maintenance-end", "20260101-1", "ended"),
    ]


async def test_a_site_in_maintenance_is_named_as_people_name_it(tmp_path: Path) -> None:
    window = {"do": "add", "begin": "2026-01-01T00:00", "until": "2099-01-01T00:00", "why": "x"}
    async with stocked(tmp_path) as (_, people):
        operator = people[Role.OPERATOR]
        added = await operator.submit("/maintenance", "/maintenance", {**window, "where": "xa so 4"})
        page = (await operator.get("/maintenance")).text

    assert added.status == 303
    assert '1: <a href="/sites/s4">Xã Số 4</a>' in page


async def test_a_file_of_windows_that_is_wrong_is_shown_and_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "maintenance.yaml").write_text("windows: [{id: a}]\n")
    async with stocked(tmp_path) as (_, people):
        page = await people[Role.OPERATOR].get("/maintenance")

    assert page.status == 409
    assert "cần sửa bằng tay" in page.text
    assert "maintenance.yaml" in page.text
    assert "<fieldset>" not in page.text
