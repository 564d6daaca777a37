"""Words as people type them into a search: without case, marks and the difference of đ and d."""

import unicodedata


def plain(text: str) -> str:
    """Without case, marks and the difference of đ and d, as people type on a plain keyboard."""
    folded = unicodedata.normalize("NFKD", text.casefold().replace("đ", "d"))
    return "".join(letter for letter in folded if not unicodedata.combining(letter))
