"""A collector's /metrics by its own writers, for a province with a site in every state; counters grow by scrapes."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import generate_latest

import agent.telemetry
from agent.icmp.totals import METRICS as PING_METRICS
from collector.exposition.page import page
from collector.forward.telemetry import ForwardTelemetry
from collector.inventory.site import Link, Site
from collector.notify.telemetry import NotifyTelemetry
from collector.picture import AgentView, Picture, SiteView, State, Verdict
from collector.series.latest import Latest
from collector.telemetry import Telemetry
from shared.wire.reading import Metric, MetricKind, Outcome, Reading, Sample

SECOND_NS = 1_000_000_000
STATES = (State.DOWN, State.UP, State.DEGRADED, State.UNKNOWN, State.MAINTENANCE, State.UP, State.UP, State.DOWN)
FLAPPING = 7
"""The number of the site that is down at every other look."""
HUBS = ("Đồng Văn 1", "Hà Giang (tỉnh) 1")


class Province:
    """What the page tells; ``scrapes`` counts how often it was asked."""

    def __init__(self) -> None:
        self.scrapes = 0
        self.telemetry = Telemetry("0.1.0")
        registry = self.telemetry.registry
        self.notify, self.forward = NotifyTelemetry(registry), ForwardTelemetry(registry)
        self.notify.begin("sms")
        self.forward.pending.labels("kho").set(2)
        self.forward.cursor.labels("kho").set(1)
        self.telemetry.refused("token")
        self.telemetry.connection_refused("full")

    def body(self) -> bytes:
        """The page at this look."""
        self.scrapes += 1
        now_ns = time.time_ns()
        self.notify.proven("sms", now_ns - 3600 * SECOND_NS)
        self.telemetry.backup_verified.set(now_ns / SECOND_NS - 7200)
        self.telemetry.foreign(1)
        self.telemetry._batches.labels("live").inc()
        self.telemetry.refused("token")
        pages = page(self._picture(now_ns), self._latest(now_ns), _described())
        return pages + generate_latest(self.telemetry.registry)

    def _picture(self, now_ns: int) -> Picture:
        states = [*STATES[:FLAPPING], State.DOWN if self.scrapes % 2 else State.UP]
        sites = [
            SiteView(site=_site(n), verdict=Verdict(state=state, since_ns=now_ns - 600 * SECOND_NS))
            for n, state in enumerate(states)
        ]
        agents = (AgentView(name="a0", site="s0", last_report_ns=now_ns - SECOND_NS, clock_offset_seconds=-0.5),)
        return Picture(sequence=self.scrapes, evaluated_at_ns=now_ns, build="b", sites=tuple(sites), agents=agents)

    def _latest(self, now_ns: int) -> Iterator[Latest]:
        n = float(self.scrapes)
        ping = (
            Sample("phusong_ping_requests_total", 10 * n),
            Sample("phusong_ping_replies_total", 8 * n),
            *(Sample(f"phusong_ping_train_rtt_{end}_seconds", 0.02) for end in ("min", "median", "max")),
        )
        port = (("ifDescr", "wan"), ("ifName", "wan"))
        device = (
            Sample("ifHCInOctets", 4e9 + 1e6 * n, port),
            Sample("ifHCOutOctets", 5e5 * n, port),
            Sample("upsOutputSource", 5.0),
            Sample("phusong_optical_rx_dbm", -21.5),
            Sample("phusong_lte_rsrp_dbm", -97.0),
        )
        portal = (Sample("probe_ssl_earliest_cert_expiry", now_ns / SECOND_NS + 864_000),)
        own = (
            Sample("phusong_agent_info", 1.0, (("version", "0.1.0"),)),
            Sample("phusong_agent_spool_records", 3.0),
            Sample("phusong_agent_spool_oldest_timestamp_seconds", now_ns / SECOND_NS - 2000),
            Sample("phusong_agent_uplink_month_bytes", 4e6),
        )
        for number in range(len(STATES)):
            yield _of(f"s{number}", "icmp", ping)
        yield _of("s0", "snmp", device)
        yield _of("s0", "http", portal)
        yield _of("s0", agent.telemetry.KIND, own)
        self.telemetry._completeness.labels("a0").set(0.9)
        self.telemetry._gap_records.labels("a0", "hard").set(0)


def _site(number: int) -> Site:
    place = {"latitude": 22.5 + number / 10, "longitude": 105.0}
    name = f"Xã “Bản {number}”, phía Bắc"
    links = (Link(name="main", provider="VNPT", agreed_availability_ratio=0.995),) if number % 2 == 0 else ()
    return Site(
        id=f"s{number}",
        name=name,
        district=f"Huyện {number % 3}",
        hub=HUBS[number % 2],
        code=str(number),
        links=links,
        **place,
    )


def _of(site: str, kind: str, samples: tuple[Sample, ...]) -> Latest:
    return Latest("a0", Reading(kind, kind, site, f"{site}-r", "router", Outcome.OK, 0, 0, 0, samples), 0, 0, None)


def _described() -> dict[str, Metric]:
    counters = [Metric(name, MetricKind.COUNTER, "Octets.") for name in ("ifHCInOctets", "ifHCOutOctets")]
    return {metric.name: metric for metric in (*PING_METRICS, *agent.telemetry.METRICS, *counters)}


@contextmanager
def serving_province() -> Iterator[int]:
    """The page on a port of the loopback."""
    province = Province()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = province.body()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
