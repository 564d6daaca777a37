"""Every path of the whole application has a row in the table of people, and every row is a path."""

import logging
from collections.abc import Iterator
from pathlib import Path

from starlette.routing import BaseRoute, Mount, Route

from collector.assembly import open_collector
from collector.inventory.site import Inventory
from collector.notify.settings import NotifySettings
from collector.notify.webhook import WebhookSettings
from collector.people.table import READ, RULES, Need
from collector.settings import CollectorSettings
from shared.clock import SystemClock
from shared.secret import Secret


def rows(routes: tuple[BaseRoute, ...]) -> Iterator[tuple[str, str]]:
    for route in routes:
        if isinstance(route, Mount):
            yield from ((method, f"{route.path}/{{path:path}}") for method in READ)
        else:
            assert isinstance(route, Route), f"{route} is of a kind that the table of people does not know"
            yield from ((method, route.path) for method in route.methods or ())


async def test_every_route_of_the_collector_has_a_row_in_the_table_of_people(tmp_path: Path) -> None:
    """A new route belongs into RULES of collector/people/table.py: without a row the gate answers 404."""
    channel = WebhookSettings(name="sms", url="http://127.0.0.1:9/", secret=Secret("x"))
    settings = CollectorSettings(state=tmp_path, notify=NotifySettings(channels=(channel,)))
    async with open_collector(settings, Inventory(), SystemClock(), logging.getLogger("routes")) as collector:
        app = collector.app
        found = {*rows(app.routes), *(("POST", path) for path in app.doors)}
    said = {(method, rule.path) for rule in RULES for method in rule.methods}

    assert found - said == set(), "routes without a row"
    assert said - found == set(), "rows without a route"
    assert len(said) == sum(len(rule.methods) for rule in RULES), "two rows for one route"


def test_what_decides_over_people_is_for_admins_and_what_is_ones_own_for_whoever_is_logged_in() -> None:
    """Written down a second time on purpose: the matrix over HTTP believes the table."""
    need = {(method, rule.path): rule.need for rule in RULES for method in rule.methods}

    assert need["GET", "/people"] == need["POST", "/people"] == Need.ADMIN
    assert need["GET", "/account"] == need["POST", "/account"] == need["POST", "/logout"] == Need.ONESELF
    assert need["GET", "/wall"] == need["GET", "/events"] == need["GET", "/api/v1/status"] == Need.WATCHER
    machines = {path for (_, path), least in need.items() if least is Need.MACHINE}
    assert machines <= {
        "/api/v1/batches",
        "/api/v1/enrol",
        "/api/v1/rotate",
        "/api/v1/notify/receipts",
        "/healthz",
        "/readyz",
    }
    assert {path for (_, path), least in need.items() if least is Need.FIGURES} == {"/metrics", "/sd/{kind:str}"}
    assert {path for (_, path), least in need.items() if least is Need.LINK} <= {"/a/{token:str}"}
    assert {key for key, least in need.items() if least is Need.SCREEN} <= {("POST", "/api/v1/screens")}
    writing = {path for (method, path), least in need.items() if method not in READ and least is Need.EVERYBODY}
    assert writing == {"/login"}
