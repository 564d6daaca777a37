"""Join codes typed by hand: slips are found and the group is named, and no spelling of the right code is refused."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as some

from shared.wire.joincode import LETTERS, PIN_BYTES, CodeError, JoinCode, decode, encode

CODE = JoinCode("https://phusong.hagiang.example", "00898", (b"a" * PIN_BYTES, b"b" * PIN_BYTES), bytes(range(16)))
HOSTS = some.from_regex(r"[a-z0-9.-]{1,60}(:[0-9]{1,5})?", fullmatch=True)
CODES = some.builds(
    JoinCode,
    some.builds("{}://{}".format, some.sampled_from(["http", "https"]), HOSTS),
    some.text(some.characters(codec="utf-8"), max_size=20),
    some.lists(some.binary(min_size=PIN_BYTES, max_size=PIN_BYTES), max_size=2).map(tuple),
    some.binary(min_size=16, max_size=16),
)


@given(CODES)
def test_a_code_says_what_was_put_into_it(code: JoinCode) -> None:
    assert decode(encode(code)) == code


@given(CODES, some.randoms())
def test_any_case_spacing_and_look_alike_is_understood(code: JoinCode, draw: random.Random) -> None:
    text = encode(code)
    typed = draw.choice([text.lower(), text.replace(" ", "-"), text.replace(" ", ""), f"  {text}\n"])
    typed = typed.replace("0", draw.choice("oO0")).replace("1", draw.choice("iIlL1"))

    assert decode(typed) == code


def test_every_wrong_letter_is_found_in_its_group() -> None:
    text = encode(CODE)
    for place, letter in enumerate(text):
        for other in LETTERS.replace(letter, "") if letter != " " else "":
            with pytest.raises(CodeError, match=rf"^group {place // 6 + 1} "):
                decode(text[:place] + other + text[place + 1 :])


def test_every_pair_of_letters_that_changed_places_is_found_in_its_group() -> None:
    groups = encode(CODE).split()
    for number, group in enumerate(groups):
        for first in range(5):
            for second in range(first + 1, 5):
                letters = list(group)
                letters[first], letters[second] = letters[second], letters[first]
                if letters != list(group):
                    typed = [*groups[:number], "".join(letters), *groups[number + 1 :]]
                    with pytest.raises(CodeError, match=rf"^group {number + 1} "):
                        decode(" ".join(typed))


def test_groups_that_changed_places_are_found() -> None:
    groups = encode(CODE).split()
    for first in range(len(groups)):
        for second in range(first + 1, len(groups)):
            typed = list(groups)
            typed[first], typed[second] = typed[second], typed[first]
            if typed != groups:
                with pytest.raises(CodeError):
                    decode(" ".join(typed))


def test_missing_groups_and_letters_are_found() -> None:
    groups = encode(CODE).split()
    for number in range(len(groups)):
        with pytest.raises(CodeError):
            decode(" ".join(groups[:number] + groups[number + 1 :]))
        with pytest.raises(CodeError, match=rf"^group {number + 1} \(\w+\) has 4 letters, not 5$"):
            decode(" ".join([*groups[:number], groups[number][1:], *groups[number + 1 :]]))


@given(some.text(max_size=300))
def test_whatever_is_typed_ends_in_one_line(text: str) -> None:
    with pytest.raises(CodeError) as told:
        decode(text)

    assert len(str(told.value).splitlines()) == 1


def test_a_code_does_not_print_its_secret() -> None:
    assert "secret" not in repr(CODE)
    assert str(CODE.secret) not in repr(CODE)
