"""The engine on a wire whose every act is known, raw, datagram and without the kernel's stamps: the facts are exact."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.peers.icmp_wire import COUNT, bursts
from tests.peers.netns import run_inside

MODES = ("raw", "datagram", "user")
FIGURES = ("sent", "received", "duplicates", "late", "reordered", "longest_loss_run")
TRUTH: dict[str, tuple[int, ...]] = {
    "quiet": (COUNT, COUNT, 0, 0, 0, 0),
    "every tenth": (COUNT, COUNT - 10, 0, 0, 0, 1),
    "outage": (15, 10, 0, 0, 0, 5),
    "slow": (COUNT, COUNT, 0, 0, 0, 0),
    "doubled": (COUNT, COUNT, COUNT // 2, 0, 0, 0),
    "overtaken": (COUNT, COUNT, 0, 0, COUNT // 10, 0),
    "late": (COUNT, COUNT * 3 // 4, 0, COUNT // 4, 0, 0),
    "silent": (5, 0, 0, 0, 0, 5),
    "forged": (5, 0, 0, 0, 0, 5),
}
DELAYS_SECONDS = {"quiet": 0.003, "outage": 0.02, "slow": 0.35}


@pytest.fixture(scope="module")
def runs() -> dict[str, Any]:
    """All cases at once through one engine: as raw socket, as an ordinary user, and without the kernel's stamps."""
    with ThreadPoolExecutor() as pool:
        running = {
            mode: pool.submit(run_inside, "tests.peers.icmp_wire", mode, without=["net_raw"] * (mode == "datagram"))
            for mode in MODES
        }
        return {mode: {"mode": mode, **run.result()} for mode, run in running.items()}


@pytest.fixture(params=MODES)
def told(request: pytest.FixtureRequest, runs: dict[str, Any]) -> Any:
    return runs[request.param]


@pytest.mark.parametrize("case", TRUTH)
def test_a_train_tells_exactly_what_the_wire_did(told: dict[str, Any], case: str) -> None:
    assert tuple(told[case][figure] for figure in FIGURES) == TRUTH[case]


def test_bursts_are_reported_packet_by_packet(told: dict[str, Any]) -> None:
    lost = [index for index, rtt in enumerate(told["bursts"]["rtt_seconds"]) if rtt is None]

    assert lost == [index for index in range(COUNT) if bursts(index)]
    assert told["bursts"]["longest_loss_run"] == 5


@pytest.mark.parametrize("case", DELAYS_SECONDS)
def test_no_reply_is_faster_than_the_wire(told: dict[str, Any], case: str) -> None:
    """The stamps belong to the right packets: a mix-up would show as a time below the imposed delay."""
    rtts = [rtt for rtt in told[case]["rtt_seconds"] if rtt is not None]

    assert min(rtts) >= DELAYS_SECONDS[case]


def test_the_kernel_stamps_both_ways_where_it_may(told: dict[str, Any]) -> None:
    assert told["quiet"]["timestamps"] == ("user" if told["mode"] == "user" else "kernel")


@pytest.mark.parametrize(
    ("case", "kind", "reason"),
    [
        ("host unreachable", "host_unreachable", "host unreachable, says 10.99.0.1"),
        ("prohibited", "admin_prohibited", "admin prohibited, says 10.99.0.1"),
        ("eight bytes", "ttl_exceeded", "TTL exceeded, says 10.99.0.1"),
        ("too big", "fragmentation_needed", "fragmentation needed, says 10.99.0.1, 1400 bytes would fit"),
    ],
)
def test_an_icmp_error_is_told_with_who_sent_it(told: dict[str, Any], case: str, kind: str, reason: str) -> None:
    assert (told[case]["outcome"], told[case]["reason"]) == ("unreachable", reason)
    assert [(error["index"], error["kind"]) for error in told[case]["errors"]] == [
        (index, kind) for index in range(told[case]["sent"])
    ]


def test_forged_replies_are_strays(told: dict[str, Any]) -> None:
    """Another program's reply never passes the filter; another cookie, another host and a broken sum end here."""
    assert told["forged"]["outcome"] == "timeout"
    assert told["strays"] >= 2 * 5


def test_a_reply_after_the_train_is_over_still_counts_as_late(told: dict[str, Any]) -> None:
    assert (told["too late"]["received"], told["too late"]["outcome"]) == (0, "timeout")
    assert told["late total"] >= 3


def test_ttl_dscp_and_dont_fragment_are_on_the_wire(told: dict[str, Any]) -> None:
    assert told["marks"] == [[7, 46 << 2, 1]] * 2


def test_a_target_without_a_route_is_unreachable(told: dict[str, Any]) -> None:
    assert told["no way"]["outcome"] == "unreachable"
    assert told["no way"]["reason"] == "could not send: network is unreachable"
    assert (told["no way"]["sent"], told["no way"]["longest_loss_run"]) == (0, 0)


def test_the_loopback_answers_over_ipv6(told: dict[str, Any]) -> None:
    assert (told["loopback six"]["address"], told["loopback six"]["received"]) == ("::1", 5)


def test_a_train_during_which_the_agent_stood_still_is_void(told: dict[str, Any]) -> None:
    assert told["stalled"]["voided"].startswith("the agent stood still for 0.")


def test_without_any_permission_one_line_names_the_command_that_mends_it() -> None:
    line = run_inside("tests.peers.icmp_wire", "forbidden", without=["net_raw"])["line"]

    assert line == (
        "this user may not open ICMP sockets: run \"sysctl -w net.ipv4.ping_group_range='0 0'\" as root, "
        "or give the service AmbientCapabilities=CAP_NET_RAW"
    )
