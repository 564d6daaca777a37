"""What comes as a form, whatever it is: fields or one refusal, never a fault; a token that is nearly right is wrong."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers
from starlette.requests import Request

from collector.people.forms import FormError, demand_same_origin, read_form
from collector.people.proofs import form_token, is_form_token, session_identity, wall_identity

KIND = b"application/x-www-form-urlencoded"


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_any_bytes_are_fields_or_one_refusal_and_can_be_read_once_more(chunks: list[bytes]) -> None:
    async def scene() -> None:
        left = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
        left.append({"type": "http.request", "body": b"", "more_body": False})

        async def receive() -> Any:
            return left.pop(0)

        scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"content-type", KIND)]}
        refused, fields, again = 0, {}, None
        try:
            fields, again = await read_form(Request(scope, receive), receive, 1000)
        except FormError as error:
            refused = error.status
        assert refused in ({413} if sum(map(len, chunks)) > 1000 else {0, 400})
        if again is not None:
            assert all(isinstance(word, str) for pair in fields.items() for word in pair)
            assert (await again())["body"] == b"".join(chunks)

    asyncio.run(scene())


@given(st.text(max_size=80), st.integers(0, 63), st.sampled_from("0123456789abcdef"))
def test_a_token_that_is_nearly_right_is_wrong(token: str, place: int, digit: str) -> None:
    right = form_token(token)
    spoiled = right[:place] + digit + right[place + 1 :]

    assert is_form_token(right, token) is bool(token)
    assert is_form_token(spoiled, token) is (spoiled == right and bool(token))
    assert not is_form_token(token, token)
    assert len({session_identity(token), wall_identity(token), bytes.fromhex(right)}) == 3, "one is not the other"


@given(st.text(alphabet="abc.:/@-[]? \x00é", max_size=30), st.text(alphabet="abc.:-", min_size=1, max_size=12))
def test_only_the_origin_that_is_the_host_passes(origin: str, host: str) -> None:
    headers = Headers({"origin": origin.encode().decode("latin-1"), "host": host})
    try:
        demand_same_origin(headers)
    except FormError:
        return
    assert origin.partition("//")[2].partition("/")[0].partition("?")[0].lower() == host.lower()


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "https://a]b"])
def test_an_origin_that_is_no_address_is_a_refusal_and_no_fault(origin: str) -> None:
    with pytest.raises(FormError):
        demand_same_origin(Headers({"origin": origin, "host": "a"}))
