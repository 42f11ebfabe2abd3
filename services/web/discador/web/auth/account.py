"""One's own account: preferences, password, second factor, sessions."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from discador.core.identity import CallerKind, Permission
from discador.runtime.remote_error import RemoteError
from discador.v1 import identity_pb2 as wire
from discador.web.auth.asking import ask_users, page, record
from discador.web.auth.authentication import doors_of
from discador.web.auth.login import enter
from discador.web.pages.caller import caller_of, needs
from discador.web.pages.form_reading import fields_of
from discador.web.pages.notices import seen_after

_PREFERENCES: Final = ("display_name", "locale", "time_zone")


@needs(Permission.ACCOUNT_OWN)
async def shown(request: Request) -> Response:
    """Show the account."""
    return await _page(request)


@needs(Permission.ACCOUNT_OWN)
async def save(request: Request) -> Response:
    """Save name, language and time zone."""
    fields = await fields_of(request)
    message = wire.UpdateMeRequest(
        user=wire.User(
            display_name=fields.text("display_name"), locale=fields.text("locale"), time_zone=fields.text("time_zone")
        )
    )
    message.update_mask.paths.extend(_PREFERENCES)
    try:
        await ask_users(request, "UpdateMe", message)
    except RemoteError as error:
        return await _page(request, error)
    doors_of(request).identities.forget(_mine(request))
    return seen_after("/account", "saved")


@needs(Permission.ACCOUNT_OWN)
async def change_password(request: Request) -> Response:
    """Change the password; all other sessions end, and this one gets a new cookie."""
    fields = await fields_of(request)
    message = wire.ChangeMyPasswordRequest(
        current_password=str(fields.form.get("current_password", "")),
        new_password=str(fields.form.get("new_password", "")),
    )
    try:
        await ask_users(request, "ChangeMyPassword", message)
    except RemoteError as error:
        return await _page(request, error)
    identities = doors_of(request).identities
    identities.forget(_mine(request))
    identity = await identities.user(_mine(request))
    if identity is None:
        return RedirectResponse("/login", 303)
    return await enter(request, identity, "/account?notice=saved")


@needs(Permission.ACCOUNT_OWN)
async def begin_totp(request: Request) -> Response:
    """Show a new secret for the authenticator."""
    fields = await fields_of(request)
    message = wire.BeginMyTotpRequest(current_password=str(fields.form.get("current_password", "")))
    try:
        begun = await ask_users(request, "BeginMyTotp", message)
    except RemoteError as error:
        return await _page(request, error)
    return page(request, "totp", {"begun": begun})


@needs(Permission.ACCOUNT_OWN)
async def confirm_totp(request: Request) -> Response:
    """Demand codes from now on."""
    fields = await fields_of(request)
    try:
        await ask_users(request, "ConfirmMyTotp", wire.ConfirmMyTotpRequest(code=fields.text("code")))
    except RemoteError as error:
        return page(request, "totp", {"begun": None}, error)
    return seen_after("/account", "saved")


@needs(Permission.ACCOUNT_OWN)
async def remove_totp(request: Request) -> Response:
    """Demand codes no more."""
    fields = await fields_of(request)
    message = wire.RemoveMyTotpRequest(current_password=str(fields.form.get("current_password", "")))
    try:
        await ask_users(request, "RemoveMyTotp", message)
    except RemoteError as error:
        return await _page(request, error)
    return seen_after("/account", "saved")


@needs(Permission.ACCOUNT_OWN)
async def end_sessions(request: Request) -> Response:
    """End one other session, or all others."""
    fields, sessions = await fields_of(request), doors_of(request).sessions
    chosen, mine = fields.text("session"), _mine(request)
    if chosen:
        await sessions.end_by_id(mine, chosen)
    else:
        await sessions.end_all(mine, but=request.state.session.id if request.state.session else "")
    await record(request, "EndSessions", f"user {mine}")
    return seen_after("/account", "saved")


async def _page(request: Request, error: RemoteError | None = None) -> Response:
    caller = caller_of(request)
    if caller is None or caller.kind is not CallerKind.USER:
        return RedirectResponse("/", 303)  # a token has no account
    context: dict[str, Any] = {
        "me": await ask_users(request, "GetMe", wire.GetMeRequest()),
        "sessions": await doors_of(request).sessions.of_user(caller.id),
        "this": request.state.session.id if request.state.session else "",
    }
    return page(request, "account", context, error)


def _mine(request: Request) -> int:
    caller = caller_of(request)
    return caller.id if caller else 0


ROUTES: Final = (
    Route("/account", shown, methods=["GET"]),
    Route("/account", save, methods=["POST"]),
    Route("/account/password", change_password, methods=["POST"]),
    Route("/account/totp", begin_totp, methods=["POST"]),
    Route("/account/totp/confirm", confirm_totp, methods=["POST"]),
    Route("/account/totp/remove", remove_totp, methods=["POST"]),
    Route("/account/sessions/end", end_sessions, methods=["POST"]),
)
