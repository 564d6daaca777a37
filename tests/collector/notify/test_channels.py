"""One suite for every channel, and what each promises of its own."""

import asyncio
import email
import email.policy
import hmac
import json
import logging
import ssl
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from collector.incident import Cause, Scope
from collector.notify.alertmanager import Alertmanager, labels_of
from collector.notify.apprise import Apprise
from collector.notify.channel import Workshop
from collector.notify.email import Email, EmailSettings
from collector.notify.message import Audience, Channel, Kind, Message, Person, RefusedError, UntoldError, Urgency
from collector.notify.post import place_of
from collector.notify.webhook import Webhook, WebhookSettings
from lab.ports import free_port
from shared.clock import SystemClock
from shared.logs import Limited
from shared.secret import Secret
from tests.peers.authority import authority
from tests.peers.gateway import Gateway, running_http_gateway, running_smtp_server
from tests.peers.incidents import HOUR_NS, NOON_NS, incident
from tests.peers.notes import PLACES, message, note
from tests.peers.telling import recorder

SECRET = Secret("webhook secret 31415")
COMPLAIN = Limited(logging.getLogger("test"), SystemClock())
Make = Callable[[int, ThreadPoolExecutor], Channel]


def webhook(port: int, _: ThreadPoolExecutor) -> Channel:
    return Webhook("sms", place_of(f"http://127.0.0.1:{port}/hook?a=1"), SECRET)


def mail(port: int, thread: ThreadPoolExecutor) -> Channel:
    return Email(
        "mail",
        ("127.0.0.1", port),
        thread,
        sender="phusong@hagiang.example",
        to=(("noc@hagiang.example", "vi"),),
        security="none",
        timeout_seconds=5,
        complain=COMPLAIN,
    )


def apprised(port: int, thread: ThreadPoolExecutor) -> Channel:
    return Apprise("chat", Secret(f"json://127.0.0.1:{port}/chat?rto=2&cto=2"), thread, form="full", language="vi")


def alertmanager(port: int, _: ThreadPoolExecutor) -> Channel:
    return Alertmanager("am", place_of(f"http://127.0.0.1:{port}/api/v2"), PLACES, refresh_seconds=60)


KINDS = ("webhook", "email", "apprise", "alertmanager", "recorder")
CHANNELS: dict[str, Make] = {"webhook": webhook, "email": mail, "apprise": apprised, "alertmanager": alertmanager}


@asynccontextmanager
async def rig(kind: str) -> AsyncIterator[tuple[Channel, Gateway]]:
    peer = running_smtp_server if kind == "email" else running_http_gateway
    if kind == "recorder":
        stand_in = recorder("recorder")
        yield stand_in, stand_in.gateway
        return
    with ThreadPoolExecutor(1) as thread:
        async with peer() as gateway:
            yield CHANNELS[kind](gateway.port, thread), gateway


async def within(seconds: float, condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - a peer tells nobody
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("kind", KINDS)
async def test_who_returns_has_told_and_a_repeat_can_be_known(kind: str) -> None:
    async with rig(kind) as (channel, gateway):
        await channel.tell(message(), NOON_NS)
        first = len(gateway.bodies)
        await channel.tell(message(), NOON_NS)

    assert first >= 1
    assert len(gateway.bodies) == 2 * first
    assert gateway.bodies[:first] == gateway.bodies[first:]


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_put_off_may_be_tried_again_and_then_goes(kind: str) -> None:
    async with rig(kind) as (channel, gateway):
        gateway.mode = "later"
        with pytest.raises(UntoldError) as told:
            await channel.tell(message(), NOON_NS)
        gateway.mode = "take"
        await channel.tell(message(), NOON_NS)

    assert len(str(told.value).splitlines()) == 1
    assert gateway.bodies


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"apprise"}))
async def test_what_will_never_be_taken_is_known_as_such(kind: str) -> None:
    """Apprise tells only yes or no."""
    async with rig(kind) as (channel, gateway):
        gateway.mode = "never"
        with pytest.raises(RefusedError):
            await channel.tell(message(), NOON_NS)


@pytest.mark.parametrize("kind", sorted(CHANNELS))
async def test_nobody_there_is_a_reason_to_try_again(kind: str) -> None:
    with ThreadPoolExecutor(1) as thread:
        channel = CHANNELS[kind](free_port(), thread)
        with pytest.raises(UntoldError) as told:
            await channel.tell(message(), NOON_NS)

    assert SECRET.reveal() not in str(told.value) + repr(channel)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"apprise"}))
async def test_a_peer_that_hangs_is_left_at_once_and_the_next_message_goes(kind: str) -> None:
    async with rig(kind) as (channel, gateway):
        gateway.mode = "hang"
        telling = asyncio.ensure_future(channel.tell(message(), NOON_NS))
        await within(5, lambda: gateway.hanging)
        telling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await telling
        gateway.mode = "take"
        await channel.tell(message(), NOON_NS)

    assert gateway.bodies


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"email"}))
async def test_nobody_is_led_elsewhere(kind: str) -> None:
    """A gateway that was taken over must not send what we tell, or our secrets, to a third."""
    async with rig(kind) as (channel, gateway):
        gateway.mode = "redirect"
        with pytest.raises(UntoldError):
            await channel.tell(message(), NOON_NS)

    assert gateway.tries == 1


@dataclass(frozen=True)
class Trust:
    server: ssl.SSLContext
    ca_file: Path
    stranger: Path


@pytest.fixture
def trust(tmp_path: Path) -> Trust:
    ours, other = authority(tmp_path, "ours"), authority(tmp_path, "other")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*ours.server(tmp_path, "server"))
    return Trust(server, ours.path, other.path)


def shop(stack: ExitStack) -> Workshop:
    thread = stack.enter_context(ThreadPoolExecutor(1))
    return Workshop(PLACES, lambda: thread, COMPLAIN, 60)


async def test_a_gateway_is_believed_only_by_the_authority_that_the_settings_name(trust: Trust) -> None:
    async with running_http_gateway(trust.server) as gateway:
        with ExitStack() as stack:
            url = f"https://127.0.0.1:{gateway.port}/"
            good = WebhookSettings(name="sms", url=url, secret=SECRET, ca_file=trust.ca_file)
            await good.made(shop(stack)).tell(message(), NOON_NS)
            bad = WebhookSettings(name="sms", url=url, secret=SECRET, ca_file=trust.stranger)
            with pytest.raises(UntoldError, match="certificate"):
                await bad.made(shop(stack)).tell(message(), NOON_NS)

    assert len(gateway.bodies) == 1


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_password_goes_only_to_a_mail_server_that_is_believed(trust: Trust, security: Any) -> None:
    async with running_smtp_server(trust.server, starttls=security == "starttls") as gateway:
        with ExitStack() as stack:
            stated = EmailSettings(
                name="mail",
                server="127.0.0.1",
                port=gateway.port,
                security=security,
                ca_file=trust.ca_file,
                user="phusong",
                password=Secret("sesame 42"),
                sender="phusong@hagiang.example",
            )
            await stated.made(shop(stack)).tell(message(), NOON_NS)
            stranger = msgspec.structs.replace(stated, ca_file=trust.stranger)
            with pytest.raises(UntoldError) as told:
                await stranger.made(shop(stack)).tell(message(), NOON_NS)

    assert gateway.logins == ["\0phusong\0sesame 42"]
    assert "sesame" not in str(told.value)
    assert len(gateway.bodies) == 2


def test_a_password_that_cannot_be_sent_is_told_at_the_start() -> None:
    with ExitStack() as stack, pytest.raises(ValueError, match="ASCII"):
        EmailSettings(
            name="mail", server="127.0.0.1", user="u", password=Secret("mật khẩu"), sender="a@b.example"
        ).made(shop(stack))


async def test_a_server_that_offers_no_encryption_gets_no_password(trust: Trust) -> None:
    """Somebody between us and the server may have taken the offer out."""
    async with running_smtp_server() as gateway:
        with ExitStack() as stack:
            stated = EmailSettings(
                name="mail", server="127.0.0.1", port=gateway.port, user="u", password=SECRET, sender="a@b.example"
            )
            with pytest.raises(UntoldError, match="starttls"):
                await stated.made(shop(stack)).tell(message(), NOON_NS)

    assert (gateway.logins, gateway.bodies) == ([], [])


async def test_a_webhook_is_signed_and_says_all_that_a_gateway_needs() -> None:
    async with rig("webhook") as (channel, gateway):
        await channel.tell(message(), NOON_NS)
    body, headers = gateway.bodies[0], gateway.headers[0]
    stamp, _, code = headers["phusong-signature"].partition(",v1=")
    seconds = stamp.removeprefix("t=")
    said = json.loads(body)

    assert seconds == str(NOON_NS // 10**9)
    right = hmac.new(SECRET.reveal().encode(), f"{seconds}.".encode() + body, sha256).hexdigest()
    assert code == right
    assert headers["phusong-key"] == said["key"]
    assert gateway.paths == ["/hook?a=1"]
    assert (said["version"], said["kind"], said["urgency"]) == (1, "new", "warning")
    assert [each["phone"] for each in said["recipients"]] == ["+84912345678", "+84987654321"]
    assert said["recipients"][0]["link"].startswith("https://phusong.example/a/7.")
    assert said["incident"]["cause"] == "access_link"
    assert said["text"]["vi"]["sms"].startswith("phusong SU CO: Quan Ba")


async def test_each_recipient_has_a_letter_of_their_own_in_their_language_with_their_link() -> None:
    async with rig("email") as (channel, gateway):
        await channel.tell(message(), NOON_NS)
    read = [email.message_from_bytes(body, policy=email.policy.default) for body in gateway.bodies]
    by_person = {str(letter["To"]): letter for letter in read}

    assert set(by_person) == {"noc@hagiang.example", "ha@hagiang.example", "binh@hagiang.example"}
    ha, binh = by_person["ha@hagiang.example"], by_person["binh@hagiang.example"]
    assert ha["Subject"].startswith("[phusong] SỰ CỐ: Quản Bạ, mất kết nối từ lúc 12:00 25/11")
    assert binh["Subject"].startswith("[phusong] INCIDENT: Quản Bạ, down since 12:00 25/11")
    assert "Tiếp nhận: https://phusong.example/a/7." in ha.get_content()
    assert ".binh." in binh.get_content().split("/a/")[1]
    assert ha["References"] == binh["References"] == "<incident7@hagiang.example>"
    assert ha["Auto-Submitted"] == "auto-generated"


async def test_an_address_that_is_refused_keeps_nobody_else_from_hearing() -> None:
    async with rig("email") as (channel, gateway):
        gateway.refuses.add("ha@hagiang.example")
        await channel.tell(message(), NOON_NS)

    assert gateway.recipients == ["noc@hagiang.example", "binh@hagiang.example"]


async def test_a_mailbox_that_is_full_keeps_nobody_else_from_hearing_and_nobody_hears_twice() -> None:
    told = message()
    async with rig("email") as (channel, gateway):
        gateway.defers.add("ha@hagiang.example")
        for _ in range(2):
            with pytest.raises(UntoldError, match="mailbox full"):
                await channel.tell(told, NOON_NS)
        gateway.defers.clear()
        await channel.tell(told, NOON_NS)

    assert gateway.recipients == ["noc@hagiang.example", "binh@hagiang.example", "ha@hagiang.example"]
    assert len(gateway.bodies) == 3


async def test_a_telephone_that_cannot_be_reached_keeps_nobody_else_from_hearing_and_nobody_hears_twice() -> None:
    told = message()
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(running_http_gateway())
        gateway.defers.add("912345678")
        thread = stack.enter_context(ThreadPoolExecutor(1))
        url = Secret(f"json://127.0.0.1:{gateway.port}/sms/{{phone}}")
        channel = Apprise("sms", url, thread, form="sms", language="vi")
        for _ in range(2):
            with pytest.raises(UntoldError, match="to 1 of 2"):
                await channel.tell(told, NOON_NS)
        gateway.defers.clear()
        await channel.tell(told, NOON_NS)

    assert gateway.paths == ["/sms/+84987654321", "/sms/+84912345678"]


async def test_a_name_cannot_forge_a_header() -> None:
    forged = msgspec.structs.replace(incident(), subject="x\r\nBcc: thief@example.com", scope=Scope.HUB)
    async with rig("email") as (channel, gateway):
        await channel.tell(message(note(forged)), NOON_NS)

    assert all(b"\nBcc" not in body for body in gateway.bodies)


async def test_nobody_to_write_to_is_refused_and_not_tried_for_ever() -> None:
    alone = msgspec.structs.replace(message(), recipients=())
    with ThreadPoolExecutor(1) as thread:
        channel = Email("m", ("127.0.0.1", 1), thread, sender="a@b.example", security="none", complain=COMPLAIN)
        with pytest.raises(RefusedError, match="nobody on duty has an address"):
            await channel.tell(alone, NOON_NS)


async def test_apprise_is_asked_once_for_each_telephone() -> None:
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(running_http_gateway())
        thread = stack.enter_context(ThreadPoolExecutor(1))
        url = Secret(f"json://127.0.0.1:{gateway.port}/sms/{{phone}}")
        await Apprise("sms", url, thread, form="sms", language="vi").tell(message(), NOON_NS)

    assert gateway.paths == ["/sms/+84912345678", "/sms/+84987654321"]
    texts = [json.loads(body)["message"] for body in gateway.bodies]
    assert texts[0].startswith("phusong SU CO: Quan Ba")
    assert texts[1].startswith("phusong INCIDENT: Quan Ba")


def test_an_address_that_apprise_does_not_know_is_told_at_the_start() -> None:
    with ThreadPoolExecutor(1) as thread, pytest.raises(ValueError, match="does not know this URL"):
        Apprise("sms", Secret("nowhere://x"), thread, form="sms", language="vi")


async def alerts_of(*messages: Message) -> list[dict[str, Any]]:
    async with rig("alertmanager") as (channel, gateway):
        for each in messages:
            await channel.tell(each, NOON_NS + HOUR_NS)
    return [alert for body in gateway.bodies for alert in json.loads(body)]


async def test_an_alert_stands_until_it_lapses_and_ends_under_the_labels_that_were_told() -> None:
    other = incident(version=2, cause=Cause.POWER)
    over = incident(version=3, cause=Cause.POWER, ended_ns=NOON_NS + HOUR_NS // 2)
    warned = {"before_urgency": Urgency.WARNING}
    begun, ended, renewed, resolved = await alerts_of(
        message(note(people=())),
        message(note(other, Kind.UPDATE, before=incident(), **warned)),
        message(note(over, Kind.RESOLVED, before=other, **warned)),
    )

    # A start in the past would skip Alertmanager's group_wait; when it truly began stands beside.
    assert (begun["startsAt"], begun["annotations"]["began"]) == (
        "2026-11-25T06:00:00.000Z",
        "2026-11-25T05:00:00.000Z",
    )
    assert begun["endsAt"] == "2026-11-25T06:04:00.000Z"
    assert begun["labels"] == {
        "alertname": "PhusongIncident",
        "incident": "7",
        "severity": "warning",
        "scope": "site",
        "trouble": "down",
        "cause": "access_link",
        "site": "00898",
        "hub": "H02",
        "provider": "VNPT",
    }
    assert (ended["labels"], ended["endsAt"]) == (begun["labels"], "2026-11-25T06:00:00.000Z")
    assert renewed["labels"] == {**begun["labels"], "cause": "power"}
    assert (resolved["labels"], resolved["endsAt"]) == (renewed["labels"], "2026-11-25T06:00:00.000Z")
    assert resolved["annotations"]["ended"] == "2026-11-25T05:30:00.000Z"


async def test_whoever_silences_others_comes_first_when_all_is_repeated() -> None:
    site, hub = message(note()), message(note(incident(9, scope=Scope.HUB, subject="H02", sites=("00898", "00899"))), 2)
    async with rig("alertmanager") as (channel, gateway):
        await channel.refresh((site, hub), NOON_NS)
    alerts = json.loads(gateway.bodies[0])

    assert [alert["labels"].get("scope") for alert in alerts] == ["meta", "hub", "site"]
    assert alerts[0]["labels"]["alertname"] == "PhusongCollectorTells"
    assert alerts[1]["labels"]["hub"] == "H02"


def test_a_place_that_is_not_known_gives_no_empty_label() -> None:
    """For Alertmanager an absent label equals an absent label; an empty one is absent."""
    labels = labels_of(incident(sites=("00901",), subject="00901"), Urgency.WARNING, PLACES)

    assert "hub" not in labels
    assert labels["provider"] == "VNPT"


@pytest.mark.parametrize(
    "url", ["ftp://a/b", "http://user:pass@a/", "http:///x", "http://a/ b", "http://a:x/", "javascript:alert(1)"]
)
def test_only_http_to_a_named_host_is_a_place(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        place_of(url)


def test_people_and_programs_are_told_apart() -> None:
    assert Alertmanager.audience is Audience.STANDING
    assert {Webhook.audience, Email.audience, Apprise.audience} == {Audience.PEOPLE}
    assert Person(name="x").language == "vi"
