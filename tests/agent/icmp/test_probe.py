"""The probe on the loopback: what users are promised, with the socket that this machine allows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent.icmp.engine import open_engine
from agent.net import one_host
from agent.probe import ProbeFailed, Surroundings, Target
from agent.probes.icmp import PROBE, IcmpCheck, IcmpInstrument
from shared.clock import SystemClock
from shared.wire.reading import Outcome

PROMISED = {
    *("address", "sent", "received", "duplicates", "late", "reordered", "longest_loss_run", "rtt_seconds"),
    *("rtt_min_seconds", "rtt_median_seconds", "rtt_max_seconds", "jitter_seconds", "timestamps"),
}


def target(address: str) -> Target:
    return Target(site="x", name=f"router at {address}", address=address)


@asynccontextmanager
async def instrument() -> AsyncIterator[IcmpInstrument]:
    """The probe where this user may open an ICMP socket; skips where not."""
    with open_engine(SystemClock()) as engine:
        if not engine.versions:
            pytest.skip(engine.refusal)
        yield IcmpInstrument(SystemClock(), engine)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "localhost", "[::1]"])
async def test_the_loopback_answers_on_both_families(address: str) -> None:
    async with instrument() as ping:
        for _ in range(
            5
        ):  # on a starved machine a stamp may come after the train's end, and the user's stands in for it
            finding = await ping.measure(IcmpCheck(count=3, interval_seconds=0.01), target(address))
            if finding.facts["timestamps"] == "kernel":
                break

    assert (finding.outcome, finding.reason, finding.voided) == (Outcome.OK, "", "")
    assert set(finding.facts) >= PROMISED
    assert (finding.facts["sent"], finding.facts["received"]) == (3, 3)
    assert finding.facts["timestamps"] == "kernel"
    assert all(0 < rtt < 0.1 for rtt in finding.facts["rtt_seconds"])


async def test_every_sample_is_declared_and_totals_grow() -> None:
    async with instrument() as ping:
        check = IcmpCheck(count=4, interval_seconds=0.01)
        await ping.measure(check, target("127.0.0.1"))
        finding = await ping.measure(check, target("127.0.0.1"))

    values = {(sample.name, *(value for _, value in sample.labels)): sample.value for sample in finding.samples}
    declared = {metric.name for metric in ping.metrics}
    families = {name[0].removesuffix("_bucket").removesuffix("_sum").removesuffix("_count") for name in values}
    assert len(values) == len(finding.samples), "each series once"
    assert families <= declared
    assert values["phusong_ping_requests_total",] == values["phusong_ping_replies_total",] == 8
    assert values["phusong_ping_rtt_seconds_bucket", "+Inf"] == values["phusong_ping_rtt_seconds_count",] == 8
    assert values["phusong_ping_train_loss_ratio",] == 0
    assert values["probe_success",] == 1
    assert values["probe_icmp_duration_seconds", "rtt"] > 0


async def test_many_targets_share_one_socket_and_none_gets_anothers_replies() -> None:
    async with instrument() as ping:
        check = IcmpCheck(count=2, interval_seconds=0.01, size_bytes=1400)
        for number in (1, 200):
            finding = await ping.measure(check, target(f"127.1.2.{number}"))
            assert finding.facts["address"] == f"127.1.2.{number}"
            assert finding.facts["received"] == 2


async def test_a_name_that_does_not_resolve_is_one_line() -> None:
    async with instrument() as ping:
        finding = await ping.measure(IcmpCheck(), target("no-such-router.invalid"))

    assert (finding.outcome, finding.reason) == (Outcome.ERROR, "no-such-router.invalid: the name does not resolve")
    assert finding.facts["sent"] == 0
    assert finding.samples == ()


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("0.0.0.0", "0.0.0.0: stands for no host; give the address of one"),
        ("::", "::: stands for no host; give the address of one"),
        ("224.0.0.1", "224.0.0.1: is a multicast address; give the address of one host"),
        ("ff02::1%1", "ff02::1%1: is a multicast address; give the address of one host"),
        ("255.255.255.255", "255.255.255.255: is the broadcast address; give the address of one host"),
    ],
)
def test_an_address_of_no_host_or_of_many_is_refused_before_anything_is_sent(address: str, what: str) -> None:
    with pytest.raises(ProbeFailed) as refused:
        one_host(address)

    assert (refused.value.outcome, refused.value.reason) == (Outcome.ERROR, what)


async def test_a_target_that_is_no_host_gets_no_packet() -> None:
    async with instrument() as ping:
        finding = await ping.measure(IcmpCheck(count=1, timeout_seconds=0.1), target("0.0.0.0"))

    assert (finding.outcome, finding.facts["sent"]) == (Outcome.ERROR, 0)


def test_too_small_a_payload_is_told_what_it_must_hold() -> None:
    assert list(PROBE.problems(IcmpCheck(size_bytes=23), Path())) == [
        ("size_bytes", "must be at least 24: the time stamp and cookie that place late replies need 24 bytes")
    ]
    assert not list(PROBE.problems(IcmpCheck(size_bytes=24), Path()))


async def test_the_probe_opens_by_its_plug_in() -> None:
    surroundings = Surroundings(clock=SystemClock(), credentials={}, profiles=Path("config/profiles"))
    async with PROBE.open(surroundings) as opened:
        assert {metric.name for metric in opened.metrics} >= {"probe_success", "phusong_ping_rtt_seconds"}
