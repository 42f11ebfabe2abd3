"""A request that says twice how long it is: RFC 9112, section 6.1, calls it an attempt to smuggle another one in."""

from __future__ import annotations

from typing import Final

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from discador.web.error_body import error_body

_BOTH: Final = frozenset({b"content-length", b"transfer-encoding"})
_REFUSED: Final = error_body(3, "Send either Content-Length or Transfer-Encoding.", "request-framing-invalid")


class OneFraming:
    """Refuses it and closes the connection, so that nothing behind it is taken for a request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and {name for name, _ in scope["headers"]} >= _BOTH:
            response = JSONResponse(_REFUSED, status_code=400, headers={"connection": "close"})
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)
