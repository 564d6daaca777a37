"""Takes the body of a request in, up to a size and a time; it looks at none of it."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from collector.ingest.admission import Reason, Refusal

_DISCARDED = 16
"""How many times the limit is read and thrown away before the answer."""

Scope = dict[str, Any]
Receive = Callable[[], Any]
Send = Callable[[dict[str, Any]], Any]


async def read_body(headers: dict[bytes, str], receive: Receive, limit: int, seconds: float) -> bytes:
    """The whole body; raises :class:`Refusal` where it is too large, too slow or cut off."""
    told = headers.get(b"content-length", "0")
    if not told.isdigit() or int(told) > limit:
        await discard(receive, limit, seconds)
        raise Refusal(Reason.TOO_LARGE, f"a batch of {told[:20]} bytes is over the limit of {limit}")
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            more = True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Refusal(Reason.MALFORMED, "the sender hung up in the middle of a batch")
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > limit:
                    raise Refusal(Reason.TOO_LARGE, f"a batch of more than {limit} bytes is over the limit")
                more = message.get("more_body", False)
    except TimeoutError:
        raise Refusal(Reason.SLOW, f"no whole batch in {seconds:g} s") from None
    return b"".join(parts)


async def discard(receive: Receive, limit: int, seconds: float) -> None:
    """Read on for a while: who is cut off in the middle of sending never reads why."""
    left = _DISCARDED * limit
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if not message.get("more_body", False):
                    return


async def answer(send: Send, status: int, body: bytes, headers: dict[str, str]) -> None:
    """Send one JSON answer."""
    told = {"content-type": "application/json", "content-length": str(len(body)), **headers}
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(name.encode(), value.encode()) for name, value in told.items()],
        }
    )
    await send({"type": "http.response.body", "body": body})
