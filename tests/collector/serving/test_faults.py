"""A fault of ours is told to whoever asked as every refusal is, and stands in the log as what it was."""

import pytest
from prometheus_client import CollectorRegistry
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from collector.web import application


async def test_a_fault_of_ours_is_a_page_in_both_languages_and_is_not_swallowed() -> None:
    async def broken(_: Request) -> Response:
        raise ZeroDivisionError

    async def fleet() -> tuple[bytes, ...]:
        return ()

    app = application(
        {},
        [Route("/broken", broken)],
        fleet=fleet,
        registry=CollectorRegistry(),
        discovery=lambda _: [],
        ready=lambda: "",
        gate=lambda rest: rest,
    )
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    asked = [(b"host", b"collector"), (b"accept", b"text/html")]
    scope = {"type": "http", "method": "GET", "path": "/broken", "raw_path": b"/broken", "headers": asked}
    with pytest.raises(ZeroDivisionError):
        await app({**scope, "query_string": b"", "server": ("collector", 80)}, receive, send)

    assert sent[0]["status"] == 500
    page = b"".join(one.get("body", b"") for one in sent if isinstance(one.get("body", b""), bytes)).decode()  # type: ignore[misc]
    assert "không tạo được trang này" in page
    assert "could not make this page" in page
    assert "ZeroDivisionError" not in page
