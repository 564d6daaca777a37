"""A dead link of two is told where people look: the site's page, the status document, the metrics, the messages."""

import json

from collector.exposition.page import page
from collector.inventory.site import Inventory, Link, Site
from collector.notify.message import Kind, Note, Urgency
from collector.notify.text import Places, compose
from collector.notify.vocabulary import words_in
from collector.wall.frame import encode, frame
from collector.wall.language import language_in
from collector.wall.reasons import reason_in
from tests.peers.notes import ZONE
from tests.peers.shown import shown
from tests.peers.story import SECOND_NS, Story, communes

LINKS = (
    Link(name="main", provider="VNPT", kind="fibre"),
    Link(name="4g", provider="Viettel", kind="4g", targets=("s0-4g",)),
)


def dead_spare() -> Story:
    first, *others = communes(3).sites
    story = Story(Inventory((Site(id=first.id, name="Lũng Cú", hub=first.hub, links=LINKS), *others)))
    story.ways["s0", "s0-4g"] = True
    story.live(60)
    story.ways["s0", "s0-4g"] = False
    story.live(120)
    return story


async def test_the_page_of_a_site_has_a_line_for_each_link_with_its_state() -> None:
    with shown(dead_spare()) as client:
        vietnamese = (await client.get("/sites/s0")).text
        english = (await client.get("/sites/s0?lang=en")).text
        other = (await client.get("/sites/s1?lang=en")).text

    assert "đường truyền 4g mất kết nối: s0-4g không trả lời" in vietnamese
    assert "link 4g is lost: no reply from s0-4g" in english
    assert english.index("<dt>Link main") < english.index("<strong>Up</strong>") < english.index("<dt>Link 4g")
    assert english.index("<dt>Link 4g") < english.index("<strong>Down</strong>")
    assert other.count("<strong>Up</strong>") == 1, "its only link is not judged apart"


def test_the_status_has_the_links_of_sites_that_tell_them_apart_and_of_no_other() -> None:
    story = dead_spare()
    told = json.loads(encode(frame(story.picture)))
    links = {site["site"]: site.get("links") for site in told["sites"]}

    assert [(one["link"], one["provider"], one["state"]) for one in links["s0"]] == [
        ("main", "VNPT", "up"),
        ("4g", "Viettel", "down"),
    ]
    assert links["s1"] is None


def test_links_are_series_with_the_numbers_of_sites_and_since_when() -> None:
    story = dead_spare()
    body = page(story.picture, (), {}).decode()
    spare = '{site="s0",hub="h0",link="4g",provider="Viettel",kind="4g"}'
    (since,) = (one.verdict.since_ns for one in story.picture.sites[0].links if one.link.name == "4g")

    assert f"phusong_link_state{spare} 2\n" in body
    assert 'phusong_link_state{site="s0",hub="h0",link="main",provider="VNPT",kind="fibre"} 0\n' in body
    assert body.count("\nphusong_link_state{") == 2
    (line,) = (one for one in body.splitlines() if one.startswith(f"phusong_link_state_since_timestamp_seconds{spare}"))
    assert float(line.split()[-1]) == since / SECOND_NS


def test_a_message_names_the_provider_of_the_link_that_is_lost_and_not_that_of_the_other() -> None:
    story = dead_spare()
    (incident,) = story.picture.incidents
    note = Note(incident=incident, kind=Kind.NEW, urgency=Urgency.WARNING, created_ns=story.wall_ns, thread=1)
    places = Places(story.inventory, ZONE)
    english, vietnamese = (compose(note, places, words_in(tag)) for tag in ("en", "vi"))

    assert "access link (Viettel)" in english.subject
    assert "link 4g of Lũng Cú has not answered since" in english.body
    assert "đường truyền 4g của Lũng Cú mất từ" in vietnamese.body
    assert "VNPT" not in english.body + vietnamese.body


def test_reasons_of_links_are_said_in_vietnamese_whatever_their_names() -> None:
    vietnamese = language_in("vi")
    two = "link 4g is lost: no reply from a in 4 runs of p; link main; x is lost: no reply from b in 5 runs of p"
    said = reason_in(vietnamese, two)

    assert said.count("mất kết nối") == 2
    assert "is lost" not in said
    assert "no reply" not in said
    assert reason_in(vietnamese, "no fresh measurement of this link") == "không có phép đo mới của đường truyền này"
