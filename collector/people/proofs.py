"""What cookies, tokens and forms carry and what is kept of them: hashes only; it draws nothing and asks nobody.

A proof has 256 random bits, so one SHA-256 under a label of its own is enough.
"""

import hashlib
import hmac

SESSION = "__Host-phusong"
"""Name of the cookie of a session; ``__Host-``: Secure, for this host alone and all of its paths (RFC 6265bis)."""
WALL = "__Host-phusong-wall"
BEFORE = "__Host-phusong-login"
"""Of a browser that shows the login form: the form of another browser is not taken."""
_MOST = 200


def session_identity(token: str) -> bytes:
    """What the book keeps of a session's cookie."""
    return _digest(b"phusong session 1\n", token)


def wall_identity(token: str) -> bytes:
    """What the book keeps of a wall's token."""
    return _digest(b"phusong wall 1\n", token)


def form_token(token: str) -> str:
    """What each form of a session (or of the browser before its login) carries."""
    return _digest(b"phusong form 1\n", token).hex()


def is_form_token(given: str, token: str) -> bool:
    """Whether a form belongs to this session, in constant time."""
    return bool(token) and hmac.compare_digest(given.encode(), form_token(token).encode())


def _digest(label: bytes, token: str) -> bytes:
    return hashlib.sha256(label + token[:_MOST].encode(errors="replace")).digest()
