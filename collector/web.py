"""The collector's HTTP surface as one application; every answer is made by the room whose matter it is."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import Any

import msgspec
from prometheus_client import CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from collector.people.refusals import BROKEN, LATER, nothing_at, refused
from collector.people.room import PeopleFailedError
from collector.people.spelling import is_plain

App = Callable[[Any, Any, Any], Awaitable[None]]
_TEXT = "text/plain; version=0.0.4; charset=utf-8"
_SLICE_BYTES = 128 * 1024
_DISCOVERED = frozenset({"icmp", "snmp"})
_SAFE = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)


def application(  # noqa: PLR0913 - the composition root fills these in, once
    machines: Mapping[str, App],
    pages: Iterable[BaseRoute],
    *,
    fleet: Callable[[], Awaitable[tuple[bytes, ...]]],
    registry: CollectorRegistry,
    discovery: Callable[[str], list[dict[str, object]]],
    ready: Callable[[], str],
    gate: Callable[[App], App],
) -> "Front":
    """``machines`` are what agents talk to, by path; ``ready`` gives what is missing in one line, or nothing.

    ``gate`` stands before all the rest and says who wants it.
    """

    async def alive(_: Request) -> Response:
        return Response("ok\n", media_type="text/plain")

    async def is_ready(_: Request) -> Response:
        missing = ready()
        return Response(f"{missing or 'ok'}\n", 503 if missing else 200, media_type="text/plain")

    async def discovered(request: Request) -> Response:
        kind = request.path_params["kind"]
        if kind not in _DISCOVERED:
            return Response(f"there is no discovery of {kind!a}: icmp or snmp\n", 404, media_type="text/plain")
        body = msgspec.json.encode(discovery(kind))
        return Response(body, media_type="application/json")

    table: list[BaseRoute] = [
        Route("/metrics", _metrics(fleet, registry)),
        Route("/healthz", alive),
        Route("/readyz", is_ready),
        Route("/sd/{kind:str}", discovered),
        *pages,
    ]
    return Front(machines, table, gate(Starlette(routes=table, exception_handlers=_FAULTS)))


class Front:
    """Agents' requests go straight to their endpoint: they are the many; everything else takes gate and router."""

    def __init__(self, machines: Mapping[str, App], routes: Iterable[BaseRoute], rest: App) -> None:
        self._machines = machines
        self.routes = tuple(routes)
        """What the router knows; for the test that nothing is without a row in the table of people."""
        self._rest = rest

    @property
    def doors(self) -> tuple[str, ...]:
        """Paths of machines."""
        return tuple(self._machines)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request; a path that a proxy may have read in another way leads nowhere."""
        plain = scope["type"] != "http" or is_plain(scope["raw_path"])
        machine = self._machines.get(scope["path"]) if plain and scope["type"] == "http" else None
        if machine is not None:
            await machine(scope, receive, send)
            return

        async def safely(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *_SAFE]}
            await send(message)

        await (self._rest if plain else nothing_at(Request(scope)))(scope, receive, safely)


def _metrics(
    fleet: Callable[[], Awaitable[tuple[bytes, ...]]], registry: CollectorRegistry
) -> Callable[[Request], Awaitable[Response]]:
    async def metrics(_: Request) -> Response:
        parts = (*await fleet(), await asyncio.to_thread(generate_latest, registry))
        length = {"content-length": str(sum(map(len, parts)))}
        return StreamingResponse(_cut(parts), headers=length, media_type=_TEXT)

    return metrics


async def _cut(parts: Iterable[bytes]) -> AsyncIterator[bytes]:
    """A page as slices: who reads slowly holds one of them, not a copy of all."""
    for part in parts:
        for at in range(0, len(part), _SLICE_BYTES):
            yield part[at : at + _SLICE_BYTES]


async def _missing(request: Request, _: Exception) -> Response:
    return nothing_at(request)


async def _later(request: Request, error: Exception) -> Response:
    return refused(request, 503, LATER, {"Retry-After": "5"}, why=str(error))


async def _broken(request: Request, _: Exception) -> Response:
    return refused(request, 500, BROKEN)


_FAULTS = {404: _missing, 500: _broken, PeopleFailedError: _later, sqlite3.Error: _later}
