"""Reports over what the pipeline really wrote: outages, their owners, watches, links apart, and contracts."""

from zoneinfo import ZoneInfo

import msgspec
import pytest

from collector.availability.account import Owner
from collector.availability.period import Period, days, month, month_of, neighbours
from collector.availability.reading import read_history
from collector.availability.report import Line, Promise, Report, make_report, only
from collector.availability.sheet import LINE_COLUMNS, OUTAGE_COLUMNS, csv_text, line_rows, outage_rows
from collector.incident import Cause
from collector.inventory.site import Inventory, Link
from tests.peers.story import DAWN_NS, SECOND_NS, Story, communes

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def agreed(inventory: Inventory, ratio: float) -> Inventory:
    sites = [
        msgspec.structs.replace(
            site, links=(msgspec.structs.replace(site.links[0], agreed_availability_ratio=ratio), *site.links[1:])
        )
        for site in inventory.sites
    ]
    return Inventory(tuple(sites))


def told(story: Story) -> Report:
    period = Period("all", DAWN_NS, story.wall_ns, finished=False)
    return make_report(story.inventory, read_history(story.journal, period))


def line(report: Report, site: str, link: str = "main") -> Line:
    return next(one for one in report.lines if one.site.id == site and one.link is not None and one.link.name == link)


@pytest.fixture(scope="module")
def story() -> Story:
    """Within 2,400 s the line of s0 is cut for 300 s, and s4 loses its mains, and its supply says so, for 240 s."""
    story = Story(agreed(communes(8), 0.95), inside=True)
    story.battery = {"s4": False}
    story.live(600)
    story.down.add("s0")
    story.live(300)
    story.down.clear()
    story.live(300)
    story.battery["s4"] = True
    story.live(120)
    story.down.add("s4")
    story.hosts["s4"].running = False
    story.live(240)
    story.down.clear()
    story.router_boot["s4"] = story.now
    story.hosts["s4"].boot_s, story.hosts["s4"].running = story.now, True
    story.battery["s4"] = False
    story.live(840)
    return story


def test_a_cut_line_breaks_the_contract_and_a_power_cut_does_not(story: Story) -> None:
    report = told(story)
    cut, dark, well = (line(report, site) for site in ("s0", "s4", "s1"))

    assert cut.account is not None
    assert [one.cause for one in cut.account.outages] == [Cause.ACCESS_LINK]
    assert cut.account.down_of(Owner.PROVIDER) == pytest.approx(300 * SECOND_NS, abs=20 * SECOND_NS)
    assert cut.promise is Promise.BROKEN
    assert dark.account is not None
    assert [one.cause for one in dark.account.outages] == [Cause.POWER]
    assert dark.account.down_ns == pytest.approx(240 * SECOND_NS, abs=20 * SECOND_NS)
    assert (dark.account.down_of(Owner.PROVIDER), dark.promise) == (0, Promise.KEPT)
    assert (well.promise, well.account is not None and well.account.down_ns) == (Promise.KEPT, 0)


def test_providers_are_summed_up(story: Story) -> None:
    report = told(story)
    by_name = {one.provider: one for one in report.sums}

    assert by_name.keys() == {"VNPT", "Viettel"}
    assert by_name["VNPT"].promises[Promise.BROKEN] == 1
    assert by_name["Viettel"].promises == {Promise.BROKEN: 0, Promise.OPEN: 0, Promise.KEPT: 4, Promise.NONE: 0}
    assert {one.site.id for one in only(report, provider="Viettel").lines} == {"s1", "s3", "s5", "s7"}
    assert [one.lines for one in only(report, site="s0").sums] == [1]


def test_a_collector_that_was_off_makes_nothing_up() -> None:
    story = Story(agreed(communes(4), 0.5))
    story.live(300)
    story.now += 900
    story.start_collector()
    story.live(300)
    report = told(story)

    assert report.watched_ratio == pytest.approx(0.37, abs=0.05), "a watch is noted once a minute"
    found = line(report, "s1").account
    assert found is not None
    assert found.unknown_ns == pytest.approx(900 * SECOND_NS, abs=100 * SECOND_NS)
    assert line(report, "s1").promise is Promise.OPEN


def test_links_that_are_told_apart_have_accounts_of_their_own() -> None:
    first, *others = communes(4).sites
    links = (
        Link(name="main", provider="VNPT", agreed_availability_ratio=0.95),
        Link(name="4g", provider="Viettel", targets=("s0-4g",), agreed_availability_ratio=0.95),
    )
    story = Story(Inventory((msgspec.structs.replace(first, links=links), *others)))
    story.ways = {("s0", "s0-4g"): True}
    story.live(300)
    story.ways["s0", "s0-4g"] = False
    story.live(300)
    story.ways["s0", "s0-4g"] = True
    story.live(600)
    report = told(story)
    backup, main = line(report, "s0", "4g"), line(report, "s0")

    assert backup.account is not None
    assert backup.account.down_ns == pytest.approx(300 * SECOND_NS, abs=20 * SECOND_NS)
    assert [one.incident for one in backup.account.outages] == [1]
    assert main.account is not None
    assert main.account.down_ns == 0


def test_a_second_link_that_nothing_looks_at_has_no_figure() -> None:
    first, *others = communes(4).sites
    site = msgspec.structs.replace(first, links=(*first.links, Link(name="4g", agreed_availability_ratio=0.9)))
    story = Story(Inventory((site, *others)))
    story.live(60)
    blind = line(told(story), "s0", "4g")

    assert (blind.account, blind.promise) == (None, Promise.OPEN)
    row = next(row for row in line_rows(told(story), ZONE) if row["link"] == "4g")
    assert row["availability_least_ratio"] is None


def test_sheets_hold_every_line_and_every_outage(story: Story) -> None:
    report = told(story)
    rows, outages = list(line_rows(report, ZONE)), list(outage_rows(report, ZONE))

    assert [row["site"] for row in rows] == [f"s{number}" for number in range(8)]
    assert [(row["site"], row["cause"], row["owner"]) for row in outages] == [
        ("s0", "access_link", "provider"),
        ("s4", "power", "others"),
    ]
    assert all(
        row["period_seconds"]
        == sum(row[f"{part}_seconds"] for part in ("up", "degraded", "down", "unknown", "maintenance"))  # type: ignore[misc]
        for row in rows
    )
    text = csv_text(OUTAGE_COLUMNS, outages, ";")
    assert text.startswith("\ufeffsite;name;link")
    assert len(csv_text(LINE_COLUMNS, rows).splitlines()) == 9


def test_months_are_those_of_the_province() -> None:
    now_ns = DAWN_NS  # 2026-09-21 21:13 in Vietnam
    found = month("2026-09", ZONE, now_ns)

    assert not found.finished
    assert found.from_ns == 1_788_195_600 * SECOND_NS, "midnight of Hà Giang"
    assert found.until_ns == now_ns
    assert month("2026-08", ZONE, now_ns).until_ns == found.from_ns
    assert month("2026-08", ZONE, now_ns).finished
    assert month_of(now_ns, ZONE) == "2026-09"
    assert month_of(now_ns, ZONE, back=9) == "2025-12"
    assert neighbours("2026-01") == ("2025-12", "2026-02")
    assert days("2026-09-01", "2026-09-02", ZONE, now_ns).until_ns - found.from_ns == 2 * 86_400 * SECOND_NS


@pytest.mark.parametrize("text", ["2026-13", "2026-1", "26-01", "2026-11-01", "", "2026-10"])
def test_what_is_no_month_or_lies_ahead_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no month|has not begun"):
        month(text, ZONE, DAWN_NS)


@pytest.mark.parametrize(("first", "last"), [("2026-09-02", "2026-09-01"), ("2026-02-30", "2026-03-01"), ("x", "y")])
def test_what_are_no_days_is_refused(first: str, last: str) -> None:
    with pytest.raises(ValueError, match=r"is no day|is before"):
        days(first, last, ZONE, DAWN_NS)


def test_work_that_overruns_is_down_from_the_end_of_its_window_only() -> None:
    story = Story(agreed(communes(4), 0.95))
    story.live(300)
    story.worked_at, story.down = {"s1"}, {"s1"}
    story.live(200)
    story.worked_at = set()
    story.live(60)
    story.down = set()
    story.live(300)
    found = line(told(story), "s1").account

    assert found is not None
    assert found.maintenance_ns == pytest.approx(190 * SECOND_NS, abs=20 * SECOND_NS)
    assert found.down_ns == pytest.approx(60 * SECOND_NS, abs=15 * SECOND_NS)
