"""Who may read figures: by the true address, through proxies that are believed and past those that are not."""

import asyncio
import http.client
import socket
from pathlib import Path

import pytest
import yaml

from collector.people.readers import Readers
from collector.settings import ListenSettings
from tests.peers.programs import ROOT
from tests.peers.visitor import House, house

DEFAULT = Readers(ListenSettings().figures_from)
FIGURES = ("/metrics", "/sd/icmp", "/sd/snmp", "/sd/nothing")
READER = "10.9.9.9"


@pytest.mark.parametrize("client", ["127.0.0.1", "127.8.0.1", "::1", "::ffff:127.0.0.1"])
def test_this_machine_may_read_where_nothing_is_said(client: str) -> None:
    assert DEFAULT.admit(client, "10.0.0.1", spoken_for=False)
    assert not DEFAULT.admit(client, "10.0.0.1", spoken_for=True)


def test_this_machine_is_known_by_every_address_of_its_own() -> None:
    """Prometheus beside the collector asks for the name that stands in the certificate."""
    assert DEFAULT.admit("10.0.0.1", "10.0.0.1", spoken_for=False)
    assert DEFAULT.admit("fd00::1", "fd00::1", spoken_for=False)
    assert not Readers([READER]).admit("10.0.0.1", "10.0.0.1", spoken_for=False)


@pytest.mark.parametrize("client", ["10.0.0.2", "fd00::2", "::ffff:10.0.0.2", "", "unknown", "127.0.0.1, ::1", "_x"])
def test_nobody_else_may(client: str) -> None:
    assert not DEFAULT.admit(client, "10.0.0.1", spoken_for=False)


def test_networks_and_addresses_may_be_named() -> None:
    readers = Readers(["10.20.0.0/24", "fd00:20::/64", READER])

    assert all(readers.admit(each, "", spoken_for=False) for each in ("10.20.0.77", "fd00:20::7", READER))
    assert not any(readers.admit(each, "", spoken_for=False) for each in ("10.20.1.77", "fd00:21::7", "127.0.0.1"))


def test_prometheus_of_compose_may_whatever_network_the_engine_gives_it() -> None:
    """Docker's own pools: 172.17.0.0/16 to 172.31.0.0/16 and 192.168.0.0/16 in pieces of /20."""
    said = yaml.safe_load((ROOT / "config" / "compose" / "collector.yaml").read_text(encoding="utf-8"))
    readers = Readers(said["listen"]["figures_from"])

    for address in ("172.17.0.3", "172.18.0.2", "172.31.255.3", "192.168.0.3", "192.168.240.3", "127.0.0.1"):
        assert readers.admit(address, "172.18.0.9", spoken_for=False)
    assert not readers.admit("203.0.113.9", "172.18.0.9", spoken_for=False)


async def status(found: House, path: str, source: str = "127.0.0.1", method: str = "GET", **headers: str) -> int:
    visitor = found.visitor()
    visitor.source = source
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = await visitor.ask(method, path, headers=said)
    assert answer.status != 403 or answer.text.count("\n") == (method != "HEAD")
    return answer.status


async def test_figures_are_for_those_that_are_named_and_pages_for_everybody(tmp_path: Path) -> None:
    async with house(tmp_path, listen={"figures_from": [READER], "proxies": ["127.0.0.1"]}) as found:
        for path in FIGURES:
            assert await status(found, path, "127.0.0.2") == 403
            assert await status(found, path, "127.0.0.2", "HEAD") == 403
            assert await status(found, path, "127.0.0.2", x_forwarded_for=READER) == 403, "a proxy of nobody's"
            assert await status(found, path, x_forwarded_for=f"{READER}, 203.0.113.9") == 403
            assert await status(found, path, x_forwarded_for="") == 403
            assert await status(found, path, x_forwarded_for=READER) == (404 if path == "/sd/nothing" else 200)
        for path in ("/healthz", "/readyz", "/wall", "/api/v1/status"):
            assert await status(found, path, "127.0.0.2") == 200


async def test_whoever_a_proxy_asks_for_is_not_this_machine_although_the_proxy_is(tmp_path: Path) -> None:
    async with house(tmp_path, listen={"proxies": ["192.0.2.1"]}) as found:
        assert await status(found, "/metrics", "127.0.0.2") == 200
        for header in ("x_forwarded_for", "forwarded", "x_real_ip", "via"):
            assert await status(found, "/metrics", "127.0.0.2", **{header: "127.0.0.1"}) == 403


async def test_on_a_unix_socket_the_machine_may_read_and_a_proxy_for_those_that_are_named(tmp_path: Path) -> None:
    path = tmp_path / "c.sock"

    def ask(headers: dict[str, str]) -> int:
        connection = http.client.HTTPConnection("collector")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(path))
        connection.request("GET", "/sd/icmp", headers=headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status

    async with house(tmp_path, listen={"socket": path, "figures_from": [READER]}):
        asked: list[tuple[dict[str, str], int]] = [
            ({}, 200),
            ({"X-Forwarded-For": READER}, 200),
            ({"X-Forwarded-For": f"{READER}, 203.0.113.9"}, 403),
            ({"X-Forwarded-For": "127.0.0.1"}, 403),
            ({"X-Real-IP": READER}, 403),
        ]
        for headers, expected in asked:
            assert await asyncio.to_thread(ask, headers) == expected, headers
