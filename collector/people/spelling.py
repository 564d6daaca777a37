"""Whether a path is spelt in one way only, so that no proxy on the way reads another; it knows no path (core)."""

import re
from urllib.parse import unquote_to_bytes

_WRITTEN = re.compile(rb"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*")
"""What may stand in a path at all (RFC 3986, 3.3)."""
_DISGUISED = re.compile(rb"%(?:2[DEFdef]|3[0-9]|[46][1-9A-Fa-f]|5[0-9AaCcFf]|7[0-9AaEe])")
"""Letters, digits, ``-._~``, slashes of both kinds: nobody needs to write them so, and some look before they decode."""
_STEPS = frozenset({b".", b".."})


def is_plain(raw: bytes) -> bool:
    """Whether the path, as it came, means the same to whoever decodes, joins slashes or walks up, and whoever does not.

    It begins with a slash, has no empty segment but the last, no ``.`` or ``..``, nothing disguised, and once decoded
    no character that is not printed.
    """
    first, *rest = raw.split(b"/")
    if first or not rest or b"" in rest[:-1] or not _STEPS.isdisjoint(rest):
        return False
    if _WRITTEN.fullmatch(raw) is None or _DISGUISED.search(raw) is not None:
        return False
    try:
        return unquote_to_bytes(raw).decode("utf-8").isprintable()
    except UnicodeDecodeError:
        return False
