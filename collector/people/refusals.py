"""What somebody reads who is refused: a small page for a browser, lines for whatever else asks; it refuses nobody."""

from collections.abc import Mapping
from html import escape
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

_POLICY = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
_PAGE = """<!doctype html>
<html lang="vi">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{status} · phusong</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/static/people.css"></head>
<body><main><h1>{vietnamese}</h1><p lang="en">{english}</p>
<p>{ways}</p></main></body></html>
"""
_OLD_FORM, _LOG_IN = 403, 401
LATER = "Chưa thực hiện được, hãy thử lại sau vài giây."


def refused(
    request: Request, status: int, vietnamese: str, english: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Both languages, Vietnamese first, and where to go from there."""
    kept = {"Cache-Control": "no-store", **(headers or {})}
    if "text/html" not in request.headers.get("accept", ""):
        return Response(f"{vietnamese}\n{english}\n", status, kept, media_type="text/plain")
    page = _PAGE.format(
        status=status, vietnamese=escape(vietnamese), english=escape(english), ways=" · ".join(_ways(request, status))
    )
    return HTMLResponse(page, status, {"Content-Security-Policy": _POLICY, **kept})


def nothing_at(request: Request) -> Response:
    """404."""
    return refused(request, 404, "Không có trang này.", f"There is nothing at {request.scope['path']!a}.")


def _ways(request: Request, status: int) -> list[str]:
    here = quote(request.scope["path"])
    ways = [_way("/wall", "Màn hình giám sát", "Wall")]
    if status in {_OLD_FORM, _LOG_IN} and request.method not in {"GET", "HEAD"}:
        ways.insert(0, _way(here, "Tải lại trang", "Load the page again"))
    if status == _LOG_IN:
        ways.insert(0, _way(f"/login?next={quote(here, safe='')}", "Đăng nhập", "Log in"))
    return ways


def _way(address: str, vietnamese: str, english: str) -> str:
    return f'<a href="{escape(address)}">{vietnamese} · <span lang="en">{english}</span></a>'
