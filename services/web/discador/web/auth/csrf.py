"""No other site may act through a browser that is logged in here.

Two conditions, both of them: the browser itself says that the request comes from us (`Sec-Fetch-Site`, else `Origin`),
and the session's token comes along, as the header `x-csrf-token` or as the first field of the form.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Message, Receive

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
HEADER: Final = "x-csrf-token"
FIELD: Final = "csrf_token"
#: The field comes first in our forms, so it lies within this much of any upload.
_PREFIX_BYTES: Final = 64 * 1024


def comes_from_us(headers: Headers, host: str) -> bool:
    """Whether the browser says that a page of ours sent the request. One that says nothing is not believed."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin")
    return origin is not None and bool(host) and urlsplit(origin).netloc == host


class TokenSearch:
    """Looks for the session's token in a request, and gives the body back whole to who reads it next."""

    def __init__(self, headers: Mapping[str, str], receive: Receive) -> None:
        self._headers = headers
        self._receive = receive
        self._taken: list[Message] = []

    async def finds(self, token: str) -> bool:
        """Whether the token came along."""
        sent = self._headers.get(HEADER)
        if sent is not None:
            return hmac.compare_digest(sent.encode("utf-8", "replace"), token.encode())
        form = self._headers.get("content-type", "").split(";")[0].strip().lower()
        if form == "application/x-www-form-urlencoded":
            first = (await self._prefix()).split(b"&")[0]
            return hmac.compare_digest(first, f"{FIELD}={token}".encode())
        if form == "multipart/form-data":
            # Its own line, so nothing that a file holds can take its place: a stranger does not know the token.
            return f'name="{FIELD}"\r\n\r\n{token}\r\n'.encode() in await self._prefix()
        return False

    async def receive(self) -> Message:
        """The application's `receive`."""
        return self._taken.pop(0) if self._taken else await self._receive()

    async def _prefix(self) -> bytes:
        found = b""
        while len(found) < _PREFIX_BYTES:
            message = await self._receive()
            self._taken.append(message)
            found += message.get("body", b"")
            if message["type"] != "http.request" or not message.get("more_body", False):
                break
        return found
