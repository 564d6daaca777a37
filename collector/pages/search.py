"""Words as people type them into a search: without case, marks and the difference of đ and d."""

import unicodedata
from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def plain(text: str) -> str:
    """Without case, marks and the difference of đ and d, as people type on a plain keyboard."""
    folded = unicodedata.normalize("NFKD", text.casefold().replace("đ", "d"))
    return "".join(letter for letter in folded if not unicodedata.combining(letter))


def found(asked: str, among: Iterable[T], text_of: Callable[[T], str]) -> list[T]:
    """Those whose plain text has the words as typed, from where a word begins; where none has, those with all words.

    Whoever looks for Quản Bạ is not to be shown each Quảng with a Bà in it.
    """
    words = plain(asked).split()
    some = [one for one in among if all(word in text_of(one) for word in words)]
    phrase = " " + " ".join(words)
    return [one for one in some if phrase in " " + text_of(one)] or some
