"""A path that two programs could read in two ways is nobody's, by cases; what our own links look like stays good."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.people.spelling import is_plain

PLAIN = (
    "/",
    "/wall",
    "/wall/",
    "/sites/00898",
    "/sites/Hang%20X%C3%A1",
    "/a/x!$&'()*+,;=:@%25%3F%23",
    "/inventory.csv",
)
AMBIGUOUS = {
    "a line's end": "/metrics%0A",
    "another line's end": "/metrics%0d",
    "a null": "/metrics%00.css",
    "a delete": "/metrics%7f",
    "a C1 control": "/metrics%C2%85",
    "a line separator": "/metrics%E2%80%A8",
    "a direction mark": "/metrics%E2%80%AE",
    "no UTF-8": "/metrics%FF",
    "an overlong slash": "/sd%C0%AFicmp",
    "a raw byte": "/m\xe9trics",
    "a raw control": "/metrics\t",
    "an encoded slash": "/sd%2Ficmp",
    "a backslash": "/sd\\icmp",
    "an encoded backslash": "/sd%5cicmp",
    "an encoded letter": "/%6detrics",
    "an encoded dot": "/sites/%2e",
    "two slashes": "//metrics",
    "two slashes within": "/sd//icmp",
    "two slashes at the end": "/wall//",
    "a dot": "/./metrics",
    "two dots": "/wall/../metrics",
    "two dots at the end": "/wall/..",
    "half an escape": "/metrics%0",
    "no escape": "/metrics%zz",
    "a fragment": "/metrics#x",
    "a query": "/metrics?x",
    "no slash": "metrics",
    "nothing": "",
    "an address": "http://c/metrics",
    "a star": "*",
}


@pytest.mark.parametrize("path", PLAIN)
def test_what_browsers_and_agents_write_is_plain(path: str) -> None:
    assert is_plain(path.encode("latin-1"))


@pytest.mark.parametrize("path", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_what_could_be_read_in_two_ways_is_not(path: str) -> None:
    assert not is_plain(path.encode("latin-1"))


@given(st.text().filter(lambda text: text.isprintable() and not set("/\\") & set(text) and text not in {"", ".", ".."}))
def test_every_name_that_a_link_of_ours_may_hold_is_plain(name: str) -> None:
    assert is_plain(f"/sites/{quote(name, safe='')}".encode())
