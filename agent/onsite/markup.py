"""HTML by functions that escape whatever is not markup already, so that no text becomes any; it knows no page."""

from shared.printable import printable

_SIGNS = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})
"""As html.escape has them; that module brings a table of all entities, 0.9 MB that nobody here needs."""


class Markup(str):
    """Markup that was made here; all other text is somebody's words."""

    __slots__ = ()


def words(text: str) -> Markup:
    """Text as it is to be read: what means something to a browser, or turns the direction of writing, does not here."""
    return Markup(printable(text).translate(_SIGNS))


def tag(name: str, /, *content: str, **attributes: str) -> Markup:
    """An element; ``class_`` is the attribute ``class``, ``http_equiv`` ``http-equiv``, and empty ones are left out."""
    inner = "".join(part if isinstance(part, Markup) else words(part) for part in content)
    return Markup(f"<{name}{_attributes(attributes)}>{inner}</{name}>")


def void(name: str, /, **attributes: str) -> Markup:
    """An element that has no content, as ``meta``."""
    return Markup(f"<{name}{_attributes(attributes)}>")


def joined(*parts: Markup) -> Markup:
    """Elements one after another."""
    return Markup("".join(parts))


def _attributes(attributes: dict[str, str]) -> str:
    given = ((name.rstrip("_").replace("_", "-"), value) for name, value in attributes.items() if value)
    return "".join(f' {name}="{words(value)}"' for name, value in given)
