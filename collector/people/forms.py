"""Whether a request that writes comes from a form of ours: origin first, then the form's own token; it answers nothing.

Origin as in the Fetch standard: browsers set ``Sec-Fetch-Site`` and ``Origin``, and no page can set them for them.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request

from collector.language import marked
from collector.people.refusals import TOO_MUCH, size

FIELD = "form_token"
"""Name of the field that each form carries."""
HEADER = "phusong-form"
"""Header that carries it where a request is no form."""
_FORM = "application/x-www-form-urlencoded"
_FIELDS = 500


class FormError(Exception):
    """The request is no form of ours: ``status``, and why, with ``values`` for what stands in braces."""

    def __init__(self, status: int, text: str, **values: object) -> None:
        super().__init__(text.format(**values))
        self.status = status
        self.text = text
        self.values = values


def demand_same_origin(headers: Mapping[str, str]) -> None:
    """Raise :class:`FormError` unless a page of ours sent this."""
    site, origin, host = (headers.get(name, "") for name in ("sec-fetch-site", "origin", "host"))
    if site:
        if site != "same-origin":
            raise FormError(403, marked("This came from another site."))
    elif not host or _place(origin) != host.lower():
        raise FormError(403, marked("This came from another site, or from something that is no browser."))


def _place(origin: str) -> str:
    """Host and port of an origin; nothing where it is none."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


async def read_form(request: Request, receive: Any, most_bytes: int) -> tuple[dict[str, str], Any]:
    """Fields, none where it is no form, and a ``receive`` that gives the body once more; raises :class:`FormError`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        return {}, receive
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most_bytes:
            raise FormError(413, TOO_MUCH, size=size(most_bytes))
    try:
        fields = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_FIELDS)
    except ValueError:
        raise FormError(400, marked("This is no form in UTF-8.")) from None
    left = [{"type": "http.request", "body": bytes(body), "more_body": False}]

    async def received() -> Any:
        return left.pop() if left else await receive()

    return dict(fields), received
