"""Text that others wrote, made safe to show on a terminal; it changes nothing that is stored or sent."""


def printable(text: str) -> str:
    """The text on one line, with what could drive a terminal (controls, direction marks) as escapes."""
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)
