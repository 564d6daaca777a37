"""The browser's modules of this release, at addresses that change with any of them; they never meet another's."""

from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

STATIC = Path(__file__).parent / "static"
_DIGITS = 12


@lru_cache(maxsize=1)
def modules() -> Mapping[str, bytes]:
    """All of them by name, read once: a folder that is being upgraded under a running program is of two releases."""
    return {str(path.relative_to(STATIC)): path.read_bytes() for path in sorted(STATIC.rglob("*.js"))}


@lru_cache(maxsize=1)
def edition() -> str:
    """Of all modules together, by what they say."""
    digest = sha256()
    for name, text in modules().items():
        digest.update(b"%s %d\n%s" % (name.encode(), len(text), text))
    return digest.hexdigest()[:_DIGITS]


def module(name: str) -> str:
    """Where a page finds a module; what that imports is found beside it, in the same edition."""
    return f"/static/{edition()}/{name}"


def parts(folder: str) -> list[str]:
    """Where a page finds all modules of a folder: it asks for them at once, not for each when another names it."""
    return [module(name) for name in modules() if name.startswith(f"{folder}/")]
