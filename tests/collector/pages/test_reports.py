"""Pages of reports: the figures are those of the account, in both languages, and hostile words stay words."""

import msgspec
import pytest

from collector.inventory.site import Inventory
from tests.peers.shown import shown
from tests.peers.story import Story, communes

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def story() -> Story:
    """The line of s0 was cut for five minutes of twenty; its provider has an unfriendly name."""
    sites = [
        msgspec.structs.replace(
            site,
            links=(
                msgspec.structs.replace(
                    site.links[0],
                    provider=HOSTILE if site.id == "s0" else site.links[0].provider,
                    contract="HD-7/2026",
                    agreed_availability_ratio=0.995,
                ),
            ),
        )
        for site in communes(8).sites
    ]
    story = Story(Inventory(tuple(sites)), inside=True)
    story.live(600)
    story.down.add("s0")
    story.live(300)
    story.down.clear()
    story.live(600)
    return story


async def test_a_month_is_told_by_provider_and_line(story: Story) -> None:
    with shown(story) as client:
        newest = await client.get("/reports")
        vietnamese = (await client.get("/reports/2026-09")).text
        english = (await client.get("/reports/2026-09?lang=en")).text

    assert (newest.status_code, newest.headers["location"]) == (303, "/reports/2026-09")
    assert "HD-7/2026" in vietnamese
    assert "chưa kết luận" in vietnamese, "most of the month nobody watched"
    assert "cannot be said" in english
    assert ("99,5 %" in vietnamese, "99.5 %" in vietnamese) == (True, False)
    assert ("99.5 %" in english, "99,5 %" in english) == (True, False)
    assert HOSTILE not in vietnamese + english
    assert "&lt;script&gt;" in english


async def test_the_outages_of_a_site_are_the_evidence(story: Story) -> None:
    with shown(story) as client:
        page = (await client.get("/reports/2026-09?site=s0&lang=en")).text
        other = (await client.get("/reports/2026-09?site=s1&lang=en")).text

    assert '<a href="/incidents/1?lang=en">1</a>' in page
    assert "<td>provider</td>" in page
    assert "None." in other


async def test_a_provider_sees_its_own_lines_only(story: Story) -> None:
    with shown(story) as client:
        page = (await client.get("/reports/2026-09", {"provider": "VNPT", "lang": "en"})).text
        sheet = await client.get("/reports/2026-09/lines.csv", {"provider": "VNPT"})
        outages = await client.get("/reports/2026-09/outages.csv", {"separator": ";"})

    assert "Commune 2" in page
    assert "Commune 1" not in page
    assert [row.split(",")[2] for row in sheet.text.splitlines()[1:]] == ["s2", "s4", "s6"]
    assert sheet.headers["content-disposition"] == 'attachment; filename="phusong-lines-2026-09.csv"'
    assert outages.text.splitlines()[1].startswith("s0;Commune 0;main;")


@pytest.mark.parametrize("text", ["2026-13", "2031-01", "x", "2026-09-01", "%0a"])
async def test_what_is_no_month_is_not_there(story: Story, text: str) -> None:
    with shown(story) as client:
        assert (await client.get(f"/reports/{text}")).status_code == 404
        assert (await client.get(f"/reports/{text}/lines.csv")).status_code == 404


async def test_who_goes_back_month_by_month_finds_an_end_and_no_dead_link(story: Story) -> None:
    with shown(story) as client:
        first = (await client.get("/reports/2000-01")).text

    assert "Tháng trước" not in first
    assert 'href="/reports/2000-02"' in first
