"""The page for Prometheus: what two foreign parsers read is what was measured, whatever a device calls itself."""

import math
import subprocess

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from collector.exposition.discovery import targets
from collector.exposition.page import page
from collector.exposition.text import block, merge, number
from collector.inventory.site import Device, Link, Site
from collector.picture import AgentView, Picture, SiteView, State, Verdict
from collector.series.latest import Latest
from shared.wire.reading import Labels, Metric, MetricKind, Outcome, Reading, Sample
from tests.peers.presence import require

SECOND_NS = 1_000_000_000
METRICS = {
    "rtt_seconds": Metric("rtt_seconds", MetricKind.HISTOGRAM, "Round trips."),
    "requests_total": Metric("requests_total", MetricKind.COUNTER, "Asked."),
}


def picture(name: str = "Xã Bản Máy") -> Picture:
    site = Site(id="s1", name=name, code="00688", hub="h1", latitude=22.5, longitude=104.25)
    views = (
        SiteView(site=site, verdict=Verdict(state=State.DOWN, since_ns=5 * SECOND_NS)),
        SiteView(site=Site(id="s2", name="x"), verdict=Verdict(state=State.UNKNOWN, since_ns=0)),
    )
    agents = (
        AgentView(name="a", site="province", last_report_ns=7 * SECOND_NS, clock_offset_seconds=-0.5),
        AgentView(name="silent", site="s2", last_report_ns=None),
    )
    return Picture(sequence=1, evaluated_at_ns=9 * SECOND_NS, build="b", sites=views, agents=agents)


def latest(*samples: Sample, kind: str = "icmp", target: str = "r1", agent: str = "a") -> Latest:
    reading = Reading("ping", kind, "s1", target, "router", Outcome.OK, 0, 0, 0, samples)
    return Latest(agent, reading, 0, 0, None)


HISTOGRAM = (
    Sample("rtt_seconds_bucket", 1.0, (("le", "0.1"),)),
    Sample("rtt_seconds_bucket", 2.0, (("le", "+Inf"),)),
    Sample("rtt_seconds_sum", 0.25),
    Sample("rtt_seconds_count", 2.0),
)


def read(body: bytes) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    found: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
    for family in text_string_to_metric_families(body.decode()):
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in found, "two series of one identity"
            found[key] = sample.value
    return found


def value(body: bytes, name: str, **labels: str) -> float:
    return read(body)[name, frozenset(labels.items())]


def test_states_are_a_set_and_a_code() -> None:
    body = page(picture(), (), {})

    assert value(body, "phusong_site_status_code", site="s1", hub="h1") == 2
    assert value(body, "phusong_site_status", site="s1", hub="h1", state="down") == 1
    assert value(body, "phusong_site_status", site="s1", hub="h1", state="up") == 0
    assert value(body, "phusong_site_status_code", site="s2") == 3
    assert value(body, "phusong_inventory_expected_sites") == 2
    assert value(body, "phusong_agent_last_report_timestamp_seconds", agent="a", site="province") == 7
    assert not [key for key in read(body) if ("agent", "silent") in key[1]]


def test_probes_samples_carry_where_and_by_whom() -> None:
    body = page(picture(), [latest(*HISTOGRAM, Sample("requests_total", 5.0))], METRICS)

    where = {"site": "s1", "hub": "h1", "instance": "r1", "probe": "a", "module": "ping"}
    assert value(body, "requests_total", **where) == 5
    assert value(body, "rtt_seconds_bucket", **where, le="+Inf") == 2
    assert b"# TYPE rtt_seconds histogram" in body


def test_a_label_that_is_ours_is_not_overwritten_by_a_device() -> None:
    assert merge((("site", "s1"),), (("site", "forged"), ("x", "y"))) == (
        ("site", "s1"),
        ("exported_site", "forged"),
        ("x", "y"),
    )


def test_an_agent_cannot_speak_for_the_collector() -> None:
    body = page(picture(), [latest(Sample("phusong_site_status_code", 0.0))], {})

    assert value(body, "phusong_site_status_code", site="s1", hub="h1") == 2
    assert body.count(b"phusong_site_status_code{") == 2


def test_of_many_names_each_is_there_once_with_all_its_lines_in_order() -> None:
    names = [f"m_{number}" for number in range(2500)]
    both = [latest(*(Sample(name, 1.0) for name in names), target=target) for target in ("r1", "r2")]
    body = page(picture(), both, METRICS)

    assert all(
        value(body, "m_7", site="s1", hub="h1", instance=target, probe="a", module="ping") == 1.0
        for target in ("r1", "r2")
    )
    told = [line.split()[2] for line in body.decode().splitlines() if line.startswith("# TYPE m_")]
    assert told == sorted(names)


def test_promtool_finds_nothing_to_say() -> None:
    promtool = require("promtool", "prometheus")
    body = page(picture(), [latest(*HISTOGRAM, Sample("requests_total", 5.0)), latest(target="r2")], METRICS)

    checked = subprocess.run([promtool, "check", "metrics"], input=body, capture_output=True, check=False)

    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")


@given(st.text(max_size=200), st.text(max_size=60), st.floats())
def test_any_text_and_value_come_back(name: str, label: str, measured: float) -> None:
    body = page(picture(name), [latest(Sample("x", measured, (("ifAlias", label),)))], {})

    found = read(body)
    info = next(
        dict(labels) for (series, labels) in found if series == "phusong_site_info" and ("site", "s1") in labels
    )
    ours = next((dict(labels), v) for (series, labels), v in found.items() if series == "x")
    assert info.get("name", "") == name.encode(errors="replace").decode()
    assert ours[0].get("ifAlias", "") == label.encode(errors="replace").decode()
    assert ours[1] == measured or math.isnan(measured)


@pytest.mark.parametrize(
    ("given", "written"), [(1.0, "1"), (0.1, "0.1"), (float("inf"), "+Inf"), (float("-inf"), "-Inf"), (1e22, "1e+22")]
)
def test_numbers_are_written_as_prometheus_reads_them(given: float, written: str) -> None:
    assert number(given) == written
    assert number(float("nan")) == "NaN"


def test_without_a_picture_nothing_is_said() -> None:
    assert page(None, [latest(Sample("x", 1.0))], {}) == b""


def test_empty_labels_are_left_out() -> None:
    labels: Labels = (("a", ""), ("b", "x"))

    assert block(labels) == '{b="x"}'


def test_discovery_names_each_target_once() -> None:
    found = targets(
        "icmp", [latest(target="r2"), latest(target="r1"), latest(kind="snmp", target="r3"), latest(target="r1")]
    )

    assert [group["targets"] for group in found] == [["r1"], ["r2"]]
    assert targets("dns", []) == []


def test_sites_that_were_lost_are_still_expected() -> None:
    body = page(msgspec.structs.replace(picture(), expected_sites=193), (), {})

    assert value(body, "phusong_inventory_expected_sites") == 193


def test_links_and_devices_of_the_inventory_are_series_to_join_with() -> None:
    link = Link(
        name="main", provider="VNPT", kind="fibre", committed_down_megabits=62.5, agreed_availability_ratio=0.995
    )
    device = Device(name="r1", address="192.0.2.1", role="router", maker="MikroTik", model='hEX "S"')
    site = Site(id="s1", name="S", hub="h1", links=(link, Link(name="4g")), devices=(device,))
    view = SiteView(site=site, verdict=Verdict(state=State.UP, since_ns=0))
    body = page(msgspec.structs.replace(picture(), sites=(view,)), (), {})

    at = {"site": "s1", "hub": "h1", "link": "main"}
    assert value(body, "phusong_link_info", **at, provider="VNPT", kind="fibre") == 1
    assert value(body, "phusong_link_info", **(at | {"link": "4g"})) == 1
    assert value(body, "phusong_link_committed_bits_per_second", **at, direction="down") == 62_500_000
    assert value(body, "phusong_link_agreed_availability_ratio", **at) == 0.995
    labels = {"device": "r1", "role": "router", "address": "192.0.2.1", "maker": "MikroTik", "model": 'hEX "S"'}
    assert value(body, "phusong_device_info", site="s1", hub="h1", **labels) == 1
    assert not [key for key in read(body) if key[0].startswith("phusong_link_committed") and ("link", "4g") in key[1]]
