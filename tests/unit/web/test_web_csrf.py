"""Whether a request comes from a page of ours, and brings the session's token."""

from __future__ import annotations

import pytest
from starlette.datastructures import Headers
from starlette.types import Message

from discador.web.auth.csrf import TokenSearch, comes_from_us

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b"


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "same-origin", "origin": "null"}, True),
        ({"sec-fetch-site": "same-site", "origin": "http://web"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"origin": "http://web"}, True),
        ({"origin": "http://web:81"}, False),
        ({"origin": "http://web.evil"}, False),
        ({"origin": "null"}, False),
        ({"referer": "http://web/"}, False),
        ({}, False),
    ],
)
def test_the_browsers_word_counts_and_silence_does_not(headers: dict[str, str], ours: bool) -> None:
    assert comes_from_us(Headers(headers), "web") is ours


def test_without_a_host_nothing_is_ours() -> None:
    assert not comes_from_us(Headers({"origin": "null"}), "")


class Body:
    """A body in pieces, as a server hands it on."""

    def __init__(self, *pieces: bytes) -> None:
        self._left = list(pieces)

    async def receive(self) -> Message:
        piece = self._left.pop(0) if self._left else b""
        return {"type": "http.request", "body": piece, "more_body": bool(self._left)}


async def rest(search: TokenSearch) -> bytes:
    found, more = b"", True
    while more:
        message = await search.receive()
        found, more = found + message["body"], message["more_body"]
    return found


@pytest.mark.parametrize(
    ("kind", "pieces", "found"),
    [
        (URLENCODED, (b"csrf_token=T0ken&a=b",), True),
        (URLENCODED, (b"csrf_", b"token=T0k", b"en&a=b"), True),
        (URLENCODED, (b"a=b&csrf_token=T0ken",), False),
        (URLENCODED, (b"csrf_token=T0ken2",), False),
        (URLENCODED, (), False),
        (MULTIPART, (b'--b\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\nT0ken\r\n--b--',), True),
        (MULTIPART, (b"x" * 70_000, b'name="csrf_token"\r\n\r\nT0ken\r\n'), False),
        ("text/plain", (b"csrf_token=T0ken",), False),
        ("", (b"csrf_token=T0ken",), False),
    ],
)
async def test_the_token_is_found_and_the_body_stays_whole(kind: str, pieces: tuple[bytes, ...], found: bool) -> None:
    search = TokenSearch({"content-type": kind}, Body(*pieces).receive)
    assert await search.finds("T0ken") is found
    assert await rest(search) == b"".join(pieces)


async def test_a_header_decides_alone() -> None:
    body = Body(b"csrf_token=T0ken")
    search = TokenSearch({"x-csrf-token": "wrong", "content-type": URLENCODED}, body.receive)
    assert not await search.finds("T0ken")
    assert await TokenSearch({"x-csrf-token": "T0ken"}, body.receive).finds("T0ken")
