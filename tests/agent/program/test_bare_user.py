"""The agent needs no capability at all where the kernel allows ping sockets."""

import json

from tests.peers.netns import run_inside


def test_it_pings_without_any_capability_where_ping_sockets_are_allowed() -> None:
    seen = run_inside("tests.peers.bare_user", "0 2147483647")
    found = json.loads(seen["out"])

    assert set(seen["capabilities"].values()) == {0}
    assert (seen["code"], seen["err"]) == (0, "")
    assert (found["outcome"], found["sent"], found["received"]) == ("ok", 3, 3)


def test_where_they_are_not_it_says_in_one_line_what_to_do() -> None:
    seen = run_inside("tests.peers.bare_user", "1 0")
    said = json.loads(seen["out"]) if seen["out"] else {}

    assert seen["code"] == 1
    assert "ping_group_range" in seen["err"] + said.get("reason", "")
