"""The engine on an IPv6 wire: replies, and ICMPv6 errors with who sent them."""

import pytest

from tests.peers.netns import run_inside
from tests.peers.presence import require


@pytest.mark.parametrize("mode", ["raw", "datagram"])
def test_ipv6_replies_and_errors_are_placed(mode: str) -> None:
    require("ip", "iproute2")

    told = run_inside("tests.peers.icmp_wire6", mode)

    assert (told["1"]["outcome"], told["1"]["received"], told["1"]["timestamps"]) == ("ok", 2, "kernel")
    assert min(told["1"]["rtt_seconds"]) >= 0.003
    assert {name: (found["outcome"], found["reason"]) for name, found in told.items() if name != "1"} == {
        "2": ("unreachable", "TTL exceeded, says fd00::99"),
        "3": ("unreachable", "fragmentation needed, says fd00::99, 1280 bytes would fit"),
        "4": ("unreachable", "host unreachable, says fd00::99"),
    }
    assert all(len(found["errors"]) == 2 for name, found in told.items() if name != "1")
