"""The collector's address as operators write it, at both ends: a scheme, a host, perhaps a port; it opens nothing."""

from urllib.parse import urlsplit


def address_problem(address: str) -> str:
    """What is wrong with ``https://host`` or ``https://host:port``, in words; nothing where it is right."""
    if not address.startswith(("http://", "https://")):
        return "must begin with http:// or https://"
    try:
        parts = urlsplit(address)
        right = bool(parts.hostname) and parts.port != 0 and not any(sign.isspace() for sign in address)
    except ValueError:
        right = False
    if not right or not address.isprintable():
        return f"{address!r} is no address: write https://host or https://host:8443"
    if parts.username is not None or parts.password is not None:
        return "holds a user or a password, which nobody asks for there"
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        return f"{address!r} goes on behind the host: the path is the program's own"
    return ""
