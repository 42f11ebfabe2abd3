"""The way in: every request gets a caller, or none, before any page or RPC sees it.

`request.state` then holds `caller` (core.identity.Caller or None), `session`, `csrf_token` for forms, and
`rpc_metadata`, which tells the master for whom a call is made. No header of a client becomes any of these.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Any, Final

from redis.exceptions import RedisError
from starlette.datastructures import Headers
from starlette.requests import Request, cookie_parser
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from discador.core.identity import Caller
from discador.runtime.caller import METADATA_KEY, encoded
from discador.runtime.remote_error import RemoteError
from discador.v1.identity_pb2 import Identity
from discador.web.auth.cookies import session_cookie_name
from discador.web.auth.csrf import SAFE_METHODS, TokenSearch, comes_from_us
from discador.web.auth.identities import Identities, caller_from, environment_caller
from discador.web.auth.rates import Rates
from discador.web.auth.sessions import Session, Sessions
from discador.web.error_body import error_body

_API: Final = "/api/"
_OPEN: Final = ("/static/", "/first-run.js")
#: It uses nothing of a session that there may be: another tab may have logged in meanwhile.
_WITHOUT_TOKEN: Final = frozenset({"/login"})
#: By HTTP status: the gRPC code and the stable reason.
_CODES: Final = {
    401: (16, "unauthenticated"),
    403: (7, "permission-denied"),
    429: (8, "too-many-requests"),
    503: (14, "service-unavailable"),
}


@dataclass(frozen=True)
class Doors:
    """What identities are proven with."""

    identities: Identities
    sessions: Sessions
    rates: Rates
    api_token: str


class Refused(Exception):
    """The request goes no further."""

    def __init__(self, status: int, message: str, retry_after_s: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after_s = retry_after_s


class Authentication:
    """Wraps the whole application but health. `/api/` is for those known only; pages decide for themselves."""

    def __init__(self, app: ASGIApp, doors: Doors) -> None:
        self._app = app
        self._doors = doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_OPEN):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        search = TokenSearch(headers, receive)
        state: dict[str, Any] = scope.setdefault("state", {})
        state.update(caller=None, session=None, csrf_token="", rpc_metadata=(), doors=self._doors)
        try:
            caller, session = await self._proven(scope, headers, search)
            await self._limited(caller, scope)
            if caller is None and scope["path"].startswith(_API):
                raise Refused(401, "Log in, or send an API token as authorization: Bearer <token>.")
        except Refused as refusal:
            await _answer(scope, refusal)(scope, search.receive, send)
            return
        if caller is not None:
            state.update(caller=caller, rpc_metadata=((METADATA_KEY, encoded(caller)),))
        if session is not None:
            state.update(session=session, csrf_token=session.csrf_token)
        await self._app(scope, search.receive, send)

    async def _proven(
        self, scope: Scope, headers: Headers, search: TokenSearch
    ) -> tuple[Caller | None, Session | None]:
        """Return who asks. Raises `Refused`."""
        try:
            if "authorization" in headers:
                return await self._by_token(headers.getlist("authorization"), address_of(scope)), None
            cookie = cookie_parser(headers.get("cookie", "")).get(session_cookie_name(scope), "")
            touch = not (scope["path"] == "/live" or (scope["method"] == "GET" and "hx-request" in headers))
            session = await self._doors.sessions.find(cookie, touch=touch) if cookie else None
            identity = await self._identity(session) if session else None
        except RemoteError as error:
            raise Refused(503, "The master does not answer; try again shortly.", 2) from error
        except (RedisError, OSError) as error:
            raise Refused(503, "Redis does not answer; try again shortly.", 2) from error
        if identity is None:
            session = None
        if scope["method"] not in SAFE_METHODS:
            host = headers.get("host", "")
            acts = session if scope["path"] not in _WITHOUT_TOKEN else None
            if not comes_from_us(headers, host) or (acts and not await search.finds(acts.csrf_token)):
                raise Refused(403, "The request does not come from a page of this site: load the page again.")
        return (caller_from(identity, address_of(scope)), session) if session and identity else (None, None)

    async def _identity(self, session: Session) -> Identity | None:
        """Return whose session it is; None, and it has ended, if their rights or password changed since the login."""
        for _ in range(2):
            identity = await self._doors.identities.user(session.user_id)
            if identity is not None and identity.generation == session.generation:
                return identity
            # What is remembered here may be older than a session that another web service started.
            self._doors.identities.forget(session.user_id)
        await self._doors.sessions.end(session)
        return None

    async def _by_token(self, sent: list[str], address: str) -> Caller:
        scheme, _, secret = sent[0].partition(" ")
        secret = secret.strip()
        if len(sent) == 1 and scheme.lower() == "bearer" and secret:
            if hmac.compare_digest(secret.encode("utf-8", "replace"), self._doors.api_token.encode()):
                if await self._doors.identities.first_run_open():
                    return environment_caller(address)
            elif (identity := await self._doors.identities.token(secret)) is not None:
                return caller_from(identity, address)
        if wait := await self._doors.rates.of_proof(address):
            raise Refused(429, "Too many wrong tokens from this address.", wait)
        raise Refused(401, "Send a valid API token as authorization: Bearer <token>.")

    async def _limited(self, caller: Caller | None, scope: Scope) -> None:
        if caller is None:
            who = f"address {address_of(scope)}"
        else:
            who = f"token {caller.token_id}" if caller.token_id else f"user {caller.id}"
        if wait := await self._doors.rates.of_request(who):
            raise Refused(429, "Too many requests: send fewer.", wait)


def address_of(scope: Scope) -> str:
    """Return where the client is; behind a proxy that uvicorn trusts (FORWARDED_ALLOW_IPS), where its client is."""
    return str(scope["client"][0])[:64] if scope.get("client") else ""


def doors_of(request: Request) -> Doors:
    """Return what identities are proven with."""
    doors: Doors = request.state.doors
    return doors


def _answer(scope: Scope, refusal: Refused) -> Response:
    headers = {"Cache-Control": "no-store"}
    if refusal.retry_after_s:
        headers["Retry-After"] = str(refusal.retry_after_s)
    if refusal.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if scope["path"].startswith(_API):
        code, reason = _CODES[refusal.status]
        body = error_body(code, str(refusal), reason)
        return JSONResponse(body, refusal.status, headers)
    return PlainTextResponse(str(refusal), refusal.status, headers)
