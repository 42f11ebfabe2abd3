"""Reading the request's body off the wire, within its limit."""

from __future__ import annotations

from typing import Final

from starlette.types import Receive

from discador.rest_gateway.errors import ClientLeft, RequestError

DEFAULT_MAX_BODY: Final = 1 << 20  # bytes


async def read(receive: Receive, content_length: str, limit: int) -> bytes:
    """Return the body; raises `RequestError` (413) past `limit` bytes and `ClientLeft`."""
    if content_length.isdigit() and int(content_length[:19]) > limit:
        raise _too_large(limit)
    chunks: list[bytes] = []
    size = 0
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise ClientLeft
        chunk: bytes = event.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
        if not event.get("more_body", False):
            return b"".join(chunks)


def _too_large(limit: int) -> RequestError:
    message = f"the body is larger than {limit} bytes"
    return RequestError(8, message, http_status=413)
