"""Debian's Alertmanager with the shipped routes: what reaches whom, is inhibited, lapses, is silenced."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from collector.calendar.maintenance import Book
from collector.calendar.windows import written
from collector.incident import Cause, Incident, Scope
from collector.notify.alertmanager import Alertmanager
from collector.notify.message import Kind, Message, Urgency
from collector.notify.post import Place, place_of, request
from collector.notify.silencer import Silencer
from shared.clock import SystemClock
from shared.logs import Limited
from tests.peers.alertmanager import running_alertmanager
from tests.peers.incidents import HOUR_NS, MINUTE_NS, incident
from tests.peers.notes import INVENTORY, PLACES, ZONE, message, note
from tests.peers.programs import get_json, until
from tests.peers.webhook import Webhook, running_webhook

CLOCK = SystemClock()
HUB: dict[str, Any] = {"scope": Scope.HUB, "subject": "H02", "cause": Cause.HUB, "sites": ("00898", "00899")}


@pytest.fixture(scope="module")
def peers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Webhook, int]]:
    with running_webhook() as webhook:
        folder = tmp_path_factory.mktemp("alertmanager") / "am"
        with running_alertmanager(folder, webhook.port) as (_, port):
            yield webhook, port


def place(port: int) -> Place:
    return place_of(f"http://127.0.0.1:{port}/api/v2")


def channel(port: int, refresh_seconds: float = 60) -> Alertmanager:
    return Alertmanager("am", place(port), PLACES, refresh_seconds=refresh_seconds)


def told(one: Incident, kind: Kind = Kind.NEW, **given: Any) -> Message:
    return message(note(one, kind, urgency=Urgency.CRITICAL, **given))


def lately(number: int, **given: Any) -> Incident:
    now_ns = CLOCK.wall_ns()
    return incident(number, began_ns=now_ns - 5 * MINUTE_NS, known_ns=now_ns - 4 * MINUTE_NS, **given)


def states(port: int, **labels: str) -> list[dict[str, Any]]:
    found = get_json(f"http://127.0.0.1:{port}/api/v2/alerts?active=true&inhibited=true&silenced=true")
    return [alert for alert in found if labels.items() <= alert["labels"].items()]


def heard(webhook: Webhook, number: int) -> list[tuple[str, str, str]]:
    """Receiver, status and cause of what was told of an incident."""
    return [
        (path, alert["status"], alert["labels"]["cause"])
        for path, alert in list(webhook.notifications)
        if alert["labels"].get("incident") == str(number)
    ]


async def test_an_incident_reaches_the_one_on_duty_with_its_new_cause_and_its_end(peers: tuple[Webhook, int]) -> None:
    webhook, port = peers
    am, down = channel(port), lately(101, **HUB)
    await am.tell(told(down), CLOCK.wall_ns())
    until("the begin", lambda: heard(webhook, 101))
    isp = msgspec.structs.replace(down, version=2, cause=Cause.ISP)
    known = {"before": down, "before_urgency": Urgency.CRITICAL}
    await am.tell(told(isp, Kind.UPDATE, **known), CLOCK.wall_ns())
    until("the new cause", lambda: ("/duty", "firing", "isp") in heard(webhook, 101))
    over = msgspec.structs.replace(isp, version=3, ended_ns=CLOCK.wall_ns())
    await am.tell(told(over, Kind.RESOLVED, before=isp, before_urgency=Urgency.CRITICAL), CLOCK.wall_ns())
    until("the end", lambda: ("/duty", "resolved", "isp") in heard(webhook, 101))

    assert {path for path, *_ in heard(webhook, 101)} == {"/duty"}
    assert states(port, incident="101") == []
    alert = next(a for _, a in webhook.notifications if a["labels"].get("incident") == "101")
    assert alert["annotations"]["sms"].startswith("phusong SU CO: diem tap trung H02")
    assert alert["annotations"]["link"].startswith("https://phusong.example/a/101.")


async def test_rules_for_the_same_fault_are_silent_while_the_collector_tells_and_speak_when_it_lapses(
    peers: tuple[Webhook, int],
) -> None:
    """The collector's own alert lapses with it: then the rules of Prometheus are the only ones left."""
    _, port = peers
    await post_as_prometheus(port, "PhusongSiteDown", site="00898", hub="H02", scope="site", severity="warning")
    await channel(port, refresh_seconds=0.5).refresh((), CLOCK.wall_ns())

    def suppressed() -> bool:
        return [alert["status"]["state"] for alert in states(port, alertname="PhusongSiteDown")] == ["suppressed"]

    until("the rule is inhibited", suppressed)
    until("it is heard again", lambda: not suppressed())


async def test_what_stands_is_repeated_before_it_lapses(peers: tuple[Webhook, int]) -> None:
    _, port = peers
    am, down = channel(port, refresh_seconds=0.4), told(lately(102, **HUB))
    await am.tell(down, CLOCK.wall_ns())
    first = states(port, incident="102")[0]["endsAt"]
    await am.refresh((down,), CLOCK.wall_ns())
    (stands,) = states(port, incident="102")

    assert stands["endsAt"] > first
    until("nobody repeats it", lambda: not states(port, incident="102"))


async def test_our_own_side_silences_every_other_incident(peers: tuple[Webhook, int]) -> None:
    webhook, port = peers
    am = channel(port)
    province = told(
        lately(103, scope=Scope.PROVINCE, subject="province", cause=Cause.PROVINCE, sites=("00898", "00899"))
    )
    site = told(lately(104, subject="00901", sites=("00901",)))
    await am.refresh((site, province), CLOCK.wall_ns())
    until("the cause is told", lambda: heard(webhook, 103))

    until("the other is inhibited", lambda: states(port, incident="104")[0]["status"]["inhibitedBy"])
    assert heard(webhook, 104) == []
    for each in (province, site):
        over = msgspec.structs.replace(each.note.incident, version=2, ended_ns=CLOCK.wall_ns())
        await am.tell(told(over, Kind.RESOLVED), CLOCK.wall_ns())


async def test_a_trial_goes_where_calls_go_with_its_receipt(peers: tuple[Webhook, int]) -> None:
    webhook, port = peers
    trial = told(lately(-202611250900, subject="canary", sites=("canary",)))
    await channel(port).tell(trial, CLOCK.wall_ns())
    # To the gateway of calls, and to the collector's receipts.
    until("the trial", lambda: len(webhook.alerts("PhusongTrial", "firing")) >= 2)

    alert = webhook.alerts("PhusongTrial", "firing")[0]
    assert alert["annotations"]["receipt"] == trial.receipt
    assert {path for path, a in webhook.notifications if a["labels"]["alertname"] == "PhusongTrial"} == {"/trial"}


async def test_a_maintenance_window_is_a_silence_that_follows_it_to_its_end(
    peers: tuple[Webhook, int], tmp_path: Path
) -> None:
    _, port = peers
    path = tmp_path / "maintenance.yaml"
    silencer = Silencer(
        "am",
        place(port),
        Book(path, INVENTORY, ZONE, Limited(logging.getLogger("am"), CLOCK)),
        clock=CLOCK,
        complain=Limited(logging.getLogger("am"), CLOCK),
    )
    site = told(lately(105, subject="00898", sites=("00898",)))
    await channel(port).tell(site, CLOCK.wall_ns())
    now_ns = CLOCK.wall_ns()
    path.write_text(window(now_ns - HOUR_NS, now_ns + HOUR_NS, "hubs: [H02]"), encoding="utf-8")
    assert await silencer.reconcile() == (2, 0)
    assert await silencer.reconcile() == (0, 0)
    until("it is silenced", lambda: states(port, incident="105")[0]["status"]["silencedBy"])

    path.write_text(window(now_ns - HOUR_NS, now_ns + 2 * HOUR_NS, "hubs: [H02]"), encoding="utf-8")
    assert await silencer.reconcile() == (2, 0)
    assert await silencer.reconcile() == (0, 0)
    assert len(active(port)) == 2

    path.write_text("windows: []\n", encoding="utf-8")
    assert await silencer.reconcile() == (0, 2)
    assert active(port) == []
    until("it is heard again", lambda: not states(port, incident="105")[0]["status"]["silencedBy"])


def window(from_ns: int, until_ns: int, what: str) -> str:
    times = f'from: "{written(from_ns, ZONE)}"\n    until: "{written(until_ns, ZONE)}"'
    return f"windows:\n  - id: cable\n    {times}\n    {what}\n    who: Hà\n    why: thay cáp\n"


def active(port: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = get_json(f"http://127.0.0.1:{port}/api/v2/silences")
    return [silence for silence in found if silence["status"]["state"] == "active"]


async def post_as_prometheus(port: int, name: str, **labels: str) -> None:
    body = msgspec.json.encode([{"labels": {"alertname": name, **labels}}])
    answer = await request(place(port), "POST", "/api/v2/alerts", {"Content-Type": "application/json"}, body)
    assert answer.status == 200
