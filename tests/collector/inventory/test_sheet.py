"""The spreadsheet: all that a site has goes out and comes back, and nothing that deceives or runs comes in."""

import csv
import io
import re
import tempfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.inventory.columns import GROUPS, PARTS, PLAIN, column_of
from collector.inventory.csv_file import read_csv, read_hubs
from collector.inventory.order import arranged
from collector.inventory.rules import ROLES, faults, tidied, tidy, unsafe
from collector.inventory.sheet_text import BOM, hubs_text, sheet_text
from collector.inventory.site import Contact, Device, Hub, Inventory, Link, Site
from collector.inventory.yaml_file import read_yaml
from shared.settings import SettingsError

WORDS = (
    st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=12)
    .map(tidy)
    .filter(lambda text: not unsafe(text))
)
NAMES = WORDS.filter(bool)
DEGREES = st.none() | st.floats(-90, 90)
RATES = st.none() | st.floats(1e-9, 1e9)
LINKS = st.builds(
    Link,
    name=NAMES,
    provider=WORDS,
    kind=WORDS,
    contract=WORDS,
    committed_down_megabits=RATES,
    committed_up_megabits=RATES,
    agreed_availability_ratio=st.none() | st.floats(0.5, 1),
)
TELEPHONES = st.sampled_from(["", "0219 3866 123", "+84 912 345 678"])
CONTACTS = st.builds(Contact, name=NAMES, telephone=TELEPHONES, role=WORDS)
DEVICES = st.builds(
    Device, name=NAMES, address=WORDS, role=st.sampled_from(["", *ROLES]), profile=WORDS, maker=WORDS, model=WORDS
)
SITES = st.builds(
    Site,
    id=NAMES,
    name=NAMES,
    code=WORDS,
    kind=WORDS,
    district_code=WORDS,
    district=WORDS,
    hub=WORDS,
    power_area=WORDS,
    links=st.lists(LINKS, max_size=3, unique_by=lambda link: link.name).map(tuple),
    contacts=st.lists(CONTACTS, max_size=2).map(tuple),
    devices=st.lists(DEVICES, max_size=2, unique_by=lambda device: device.name).map(tuple),
    agent_expected=st.booleans(),
    latitude=DEGREES,
    longitude=DEGREES,
)
INVENTORIES = st.lists(SITES, min_size=1, max_size=4, unique_by=lambda site: site.id).map(arranged)


def sheet(folder: Path, text: str | bytes) -> Path:
    path = folder / "sites.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def told(folder: Path, text: str | bytes) -> str:
    with pytest.raises(SettingsError) as wrong:
        read_csv(sheet(folder, text))
    return "\n".join(wrong.value.problems).replace(f"{folder}/", "")


@given(INVENTORIES, st.sampled_from([",", ";"]), st.booleans())
def test_what_is_exported_and_imported_is_unchanged(inventory: Inventory, separator: str, anew: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = sheet(Path(folder), sheet_text(inventory, separator))

        assert read_csv(path, None if anew else inventory) == inventory


@given(INVENTORIES)
def test_no_exported_cell_is_run_by_a_spreadsheet(inventory: Inventory) -> None:
    assert all(not list(faults(site)) for site in inventory.sites)
    for row in csv.reader(io.StringIO(sheet_text(inventory).removeprefix(BOM))):
        for cell in row:
            assert not cell.startswith(("=", "@", "\t")), cell
            assert not cell.startswith(("+", "-")) or re.fullmatch(r"-|[+-][0-9 .e-]+", cell), cell


def test_every_field_of_a_site_has_a_column() -> None:
    """A field that is added to the site and forgotten here would be lost by an export."""
    assert {*PLAIN, *GROUPS} == {field.name for field in msgspec.structs.fields(Site)}
    for group, kind in (("links", Link), ("contacts", Contact), ("devices", Device)):
        assert set(PARTS[group]) == {field.name for field in msgspec.structs.fields(kind)}


def test_an_excel_sheet_with_its_separator_line_and_vietnamese_headings_is_read(tmp_path: Path) -> None:
    text = (
        "sep=;\r\nMã;Tên xã;Vĩ độ;Đường truyền 1 nhà mạng;đường truyền 1 cam kết tải xuống;"
        "Liên hệ 1 tên;liên hệ 1 điện thoại\r\n"
        "00898;Quản\u00a0Bạ;23,05;VNPT;100;Bà Hà;+84 912 345 678\r\n"
    )
    (site,) = read_csv(sheet(tmp_path, b"\xef\xbb\xbf" + text.encode())).sites

    assert site == Site(
        id="00898",
        code="00898",
        name="Quản Bạ",
        latitude=23.05,
        links=(Link(name="main", provider="VNPT", committed_down_megabits=100.0),),
        contacts=(Contact(name="Bà Hà", telephone="+84 912 345 678"),),
    )


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ('"=HYPERLINK(""http://x"")"', "begins with '=', so that a spreadsheet would run it"),
        ("@SUM(A1)", "begins with '@'"),
        ("+84912345678", "begins with '+'"),
        ("-2+3", "begins with '-'"),
        ("Xã \u202eAB", "U+202E (right-to-left override)"),
        ("X\u200bã", "U+200B (zero width space)"),
        ('"a\nb"', "U+000A (a control character)"),
        ("a\x1b[2Jb", "U+001B (a control character)"),
        ("x" * 201, "201 characters long"),
    ],
)
def test_what_deceives_or_runs_is_refused_with_its_line(tmp_path: Path, cell: str, why: str) -> None:
    said = told(tmp_path, f"code,name\n1,good\n2,{cell}\n")

    assert said.startswith(("sites.csv:3: name ", "sites.csv:4: name "))
    assert why in said
    assert len(said.splitlines()) == 1


def test_a_telephone_may_begin_with_plus_and_hides_no_formula(tmp_path: Path) -> None:
    head = "code,name,contact1_name,contact1_telephone\n"

    assert read_csv(sheet(tmp_path, f"{head}1,a,H,+84 219-386 (1)\n")).sites[0].contacts[0].telephone.startswith("+84")
    assert "contact1_telephone '+84=cmd' begins with '+'" in told(tmp_path, f"{head}1,a,H,+84=cmd\n")


def test_an_unknown_column_is_a_line_and_never_dropped(tmp_path: Path) -> None:
    said = told(
        tmp_path, "sep=,\ncode,name,lattitude,link1_providr,ghi chú riêng,link1_provider,kênh 1 nhà mạng\n1,a,,,,,\n"
    )

    assert said.splitlines() == [
        "sites.csv:2: column 'kênh 1 nhà mạng' means 'link1_provider', which is there already",
        "sites.csv:2: unknown column 'lattitude', did you mean 'latitude'?",
        "sites.csv:2: unknown column 'link1_providr', did you mean 'link1_provider'?",
        "sites.csv:2: unknown column 'ghi chú riêng', begin its heading with '#' to leave it out",
    ]
    assert read_csv(sheet(tmp_path, "code,name,#ghi chú,\n1,a,nhà mới,\n")).sites[0].name == "a"
    assert "cell 'b' stands under no heading" in told(tmp_path, "code,name,\n1,a,b\n")


def test_what_a_sheet_has_no_column_for_stays_and_an_empty_cell_empties(tmp_path: Path) -> None:
    links = (Link(name="main", provider="VNPT", contract="HD-1"), Link(name="4g", provider="Viettel"))
    site = Site(id="hg-1", code="1", name="a", hub="h", power_area="p", links=links)
    before = Inventory((site,), (Hub(name="h", parent="top"), Hub(name="top")))

    after = read_csv(sheet(tmp_path, "code,name,power_area,link1_provider\n1,b,,FPT\n"), before)

    assert after.hubs == before.hubs
    assert after.sites == (
        msgspec.structs.replace(
            site, name="b", power_area="", links=(msgspec.structs.replace(links[0], provider="FPT"), links[1])
        ),
    )
    gone = read_csv(sheet(tmp_path, "code,name,link2_name\n1,b,\n"), before)
    assert [link.name for link in gone.sites[0].links] == ["main"]


def test_without_ids_a_row_is_the_one_site_with_its_code_and_two_are_asked_about(tmp_path: Path) -> None:
    """After a reform codes are others, and two sites may stand in one commune."""
    before = Inventory((Site(id="00692", code="00691", name="a"), Site(id="7", code="8", name="b")))
    both = Inventory((*before.sites, Site(id="00691", code="00691", name="c")))

    assert read_csv(sheet(tmp_path, "code,name\n00691,x\n"), before).sites[0].id == "00692"
    with pytest.raises(SettingsError, match="code '00691' is that of the sites 00692, 00691: say which"):
        read_csv(sheet(tmp_path, "code,name\n00691,x\n"), both)
    with pytest.raises(SettingsError, match="'7' is the id of a site with another code"):
        read_csv(sheet(tmp_path, "code,name\n7,x\n"), before)


def test_the_same_rules_hold_for_yaml(tmp_path: Path) -> None:
    path = tmp_path / "sites.yaml"
    path.write_text(
        "sites:\n- {id: a, name: '=1+1'}\n- id: b\n  name: B\n  devices: [{name: r, role: gatway}]\n"
        "  links: [{name: main, agreed_availability_ratio: 99.5, committed_up_megabits: 0}]\n",
        encoding="utf-8",
    )
    with pytest.raises(SettingsError) as wrong:
        read_yaml(path)

    said = [problem.replace(f"{tmp_path}/", "") for problem in wrong.value.problems]
    assert said[0].startswith("sites.yaml:2: sites[0].name: '=1+1' begins with '='")
    assert said[1:] == [
        "sites.yaml:6: sites[1].links[0].committed_up_megabits: 0 is no rate in megabits per second",
        "sites.yaml:6: sites[1].links[0].agreed_availability_ratio: 99.5 is no share like 0.995",
        "sites.yaml:5: sites[1].devices[0].role: unknown role 'gatway', did you mean 'gateway'?",
    ]


def test_the_tree_of_hubs_goes_out_and_comes_back(tmp_path: Path) -> None:
    hubs = (Hub(name="Mèo Vạc", parent="Đồng Văn"), Hub(name="Đồng Văn"))
    path = sheet(tmp_path, hubs_text(Inventory((), hubs), ";"))

    assert read_hubs(path) == hubs
    sites = tmp_path / "s.csv"
    sites.write_text("code,name,hub\n1,a,Mèo Vạc\n", encoding="utf-8")
    assert read_csv(sites, None, hubs).hubs == hubs
    with pytest.raises(SettingsError, match="there is no hub 'Đồng Vân'"):
        read_csv(sites, None, (Hub(name="Mèo Vạc", parent="Đồng Vân"),))


@given(st.text(max_size=40))
def test_no_heading_is_an_exception(heading: str) -> None:
    column = column_of(heading)

    assert column is None or column_of(column.heading) == column


@given(SITES)
def test_a_tidied_site_stays_as_it_is(site: Site) -> None:
    assert tidied(tidied(site)) == tidied(site)


def test_whether_an_agent_is_expected_is_said_in_two_languages(tmp_path: Path) -> None:
    rows = "".join(f"{number},a,{word}\n" for number, word in enumerate(["có", "Không", "yes", "", "x"]))
    sites = read_csv(sheet(tmp_path, f"code,name,máy giám sát\n{rows}")).sites

    assert [site.agent_expected for site in sites] == [True, False, True, False, True]
    assert "agent_expected 'maybe' is neither yes nor no" in told(tmp_path, "code,name,agent_expected\n1,a,maybe\n")


def test_a_sheet_without_measure_is_refused_soon_and_in_few_lines(tmp_path: Path) -> None:
    assert "501 columns are over the limit of 500" in told(tmp_path, "code,name," + "x" * 70 + ",y" * 498 + "\n1,a\n")
    assert "more than 20000 rows" in told(tmp_path, "code,name\n" + "1,a\n" * 20_001)
    said = told(tmp_path, "code,name\n" + "1,=a\n" * 200).splitlines()
    assert len(said) == 51
    assert said[-1] == "sites.csv: and 150 more"
    assert f"unknown column '{'x' * 60}'" in told(tmp_path, f"code,name,{'x' * 100_000}\n1,a\n")
