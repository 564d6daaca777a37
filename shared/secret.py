"""A value that never prints: there is no switch that makes it."""

from pathlib import Path


class Secret:
    """Holds a community, a key or a token; ``reveal`` is called where it is spent and nowhere else."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> str:
        raise TypeError("a Secret is not pickled")


def read_secret(path: Path) -> Secret:
    """Read a one-line secret from a file; raises OSError, or ValueError where the file holds none."""
    value = path.read_text(encoding="utf-8").strip()
    if not value:
        raise ValueError(f"{path}: the file holds no secret")
    return Secret(value)


def header_problem(secret: Secret) -> str:
    """Why it cannot travel in a header of HTTP, in words that do not repeat it; nothing where it can."""
    value = secret.reveal()
    if value == value.strip() and all(" " <= sign <= "~" for sign in value):
        return "" if value else "must not be empty"
    return "must be ASCII letters, digits and signs in one line"
