"""Who asks for a page. The identity middleware puts it into `request.state.caller`; without it nobody did."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from discador.core.identity import Caller, Permission

Handler = Callable[[Request], Awaitable[Response]]


def caller_of(request: Request) -> Caller | None:
    """Return who asks, or None for nobody known."""
    caller: Caller | None = getattr(request.state, "caller", None)
    return caller


def may(request: Request, permission: Permission) -> bool:
    """Say whether the one who asks has the permission."""
    caller = caller_of(request)
    return caller is not None and caller.may(permission)


def needs(permission: Permission) -> Callable[[Handler], Handler]:
    """Let a handler answer only those who have the permission; send nobody to the login, others away with 403."""

    def guard(handler: Handler) -> Handler:
        @functools.wraps(handler)
        async def guarded(request: Request) -> Response:
            caller = caller_of(request)
            if caller is None:
                return to_login(request)
            if not caller.may(permission):
                raise HTTPException(403)
            return await handler(request)

        return guarded

    return guard


def to_login(request: Request) -> Response:
    """Send a visitor to the login and back afterwards; a script's request learns it by its status."""
    if request.headers.get("hx-request") or request.url.path == "/live":
        return Response(status_code=401)
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = f"?next={quote(here)}" if request.method == "GET" and here != "/" else ""
    return RedirectResponse(f"/login{back}", 303)
