"""Where a request comes from, behind proxies that are believed and others that are not; it decides nothing."""

from starlette.requests import Request

_SAID = "x-forwarded-for"
_OTHERS = ("forwarded", "x-real-ip", "via")
"""By these, too, somebody says that he asks for another; nobody is believed them."""


def address_of(request: Request) -> str:
    """Whose request it is: the server knows it behind trusted proxies; on a Unix socket the proxy alone says it."""
    if request.client is not None:
        return request.client.host
    return ",".join(request.headers.getlist(_SAID)).rpartition(",")[2].strip()


def reached_at(request: Request) -> str:
    """The address of ours; empty on a Unix socket."""
    host, port = request.scope.get("server") or ("", None)
    return "" if port is None else str(host)


def is_spoken_for(request: Request) -> bool:
    """Whether somebody says that he asks for another, and is not believed, so that nobody knows whose request it is."""
    if request.client is None:
        return _SAID not in request.headers and any(name in request.headers for name in _OTHERS)
    believed = request.scope["client"] != request.scope.get("state", {}).get("peer", request.scope["client"])
    return not believed and any(name in request.headers for name in (_SAID, *_OTHERS))
