"""Logging in and out."""

from __future__ import annotations

import math
from typing import Final

import grpc
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from discador.core.identity import CallerKind
from discador.runtime.remote_error import RemoteError
from discador.v1 import identity_pb2
from discador.web.auth.asking import record
from discador.web.auth.authentication import address_of, doors_of
from discador.web.auth.cookies import clear_session_cookie, set_session_cookie
from discador.web.i18n.marks import N_
from discador.web.pages.caller import caller_of
from discador.web.pages.form_reading import fields_of
from discador.web.pages.preferences import local_path
from discador.web.pages.site import site_of

WRONG: Final = N_("Name, password or code is wrong.")
_LONGEST: Final = 300


async def login_page(request: Request) -> Response:
    """Show the form; whoever is logged in already is sent on, and to the first run where there is no user."""
    if caller_of(request) is not None:
        return RedirectResponse(local_path(request.query_params.get("next", "/")), 303)
    if await doors_of(request).identities.first_run_open():
        return RedirectResponse("/first-run", 303)
    return _form(request, next_=request.query_params.get("next", "/"))


async def log_in(request: Request) -> Response:
    """Check name, password and code; every refusal looks the same."""
    fields, doors, address = await fields_of(request), doors_of(request), address_of(request.scope)
    name, next_ = fields.text("name")[:_LONGEST], local_path(fields.text("next"))
    if wait := await doors.rates.of_proof(address):
        return _form(request, name, next_, wait=wait)
    password = fields.form.get("password", "")
    message = identity_pb2.LogInRequest(
        name=name,
        password=password[:_LONGEST] if isinstance(password, str) else "",
        code=fields.text("code")[:20],
        address=address,
    )
    try:
        identity = await doors.identities.ask("LogIn", message)
    except RemoteError as error:
        if error.code is grpc.StatusCode.UNAUTHENTICATED:
            return _form(request, name, next_, wrong=True)
        if error.code is grpc.StatusCode.RESOURCE_EXHAUSTED:
            return _form(request, name, next_, wait=max(1, math.ceil(error.retry_after_s or 1)))
        raise
    return await enter(request, identity, next_)


async def log_out(request: Request) -> Response:
    """End the session."""
    session, caller = request.state.session, caller_of(request)
    response = RedirectResponse("/login", 303)
    clear_session_cookie(request, response)
    if session is not None:
        await doors_of(request).sessions.end(session)
        if caller is not None and caller.kind is CallerKind.USER:
            await record(request, "LogOut", f"user {caller.id}")
    return response


async def enter(request: Request, identity: identity_pb2.Identity, next_: str) -> Response:
    """Start a session of its own for whoever has just proven who they are; one there was before ends."""
    doors = doors_of(request)
    if request.state.session is not None:
        await doors.sessions.end(request.state.session)
    doors.identities.forget(identity.user_id)
    agent = request.headers.get("user-agent", "")
    cookie, _ = await doors.sessions.start(identity.user_id, identity.generation, address_of(request.scope), agent)
    response = RedirectResponse(next_, 303)
    set_session_cookie(request, response, cookie)
    return response


def _form(request: Request, name: str = "", next_: str = "/", wrong: bool = False, wait: int = 0) -> Response:
    context = {"name": name, "next": next_, "wrong": WRONG if wrong else "", "wait": wait}
    status = 429 if wait else 401 if wrong else 200
    response = site_of(request).renderer.page(request, "auth/login.html", context, status)
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response


ROUTES: Final = (
    Route("/login", login_page, methods=["GET"]),
    Route("/login", log_in, methods=["POST"]),
    Route("/logout", log_out, methods=["POST"]),
)
