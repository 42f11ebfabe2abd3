"""The session's cookie."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

_NAME: Final = "discador_session"


def session_cookie_name(scope: Scope) -> str:
    """Return its name; over TLS one that browsers accept only from this host, over TLS, for all paths."""
    return f"__Host-{_NAME}" if scope.get("scheme") == "https" else _NAME


def set_session_cookie(request: Request, response: Response, value: str) -> None:
    """Give the browser its session. It ends with the browser, or before, by the session's own times."""
    secure = request.url.scheme == "https"
    response.set_cookie(
        session_cookie_name(request.scope), value, path="/", secure=secure, httponly=True, samesite="lax"
    )


def clear_session_cookie(request: Request, response: Response) -> None:
    """Take the cookie back."""
    secure = request.url.scheme == "https"
    response.delete_cookie(session_cookie_name(request.scope), path="/", secure=secure, httponly=True, samesite="lax")
