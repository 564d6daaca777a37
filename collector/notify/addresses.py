"""Whether a text is an address to which a letter can go; it asks no server."""

from email.errors import HeaderParseError
from email.headerregistry import Address


def is_address(text: str) -> bool:
    """Whether a letter can be addressed so: ``name@host`` and nothing else."""
    try:
        return bool(text) and Address(addr_spec=text).addr_spec == text and "." in text.rpartition("@")[2]
    except (HeaderParseError, ValueError, IndexError):
        return False
