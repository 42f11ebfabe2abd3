"""Users, by those who administer them."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from discador.core.identity import MATRIX, Permission, Role
from discador.runtime.remote_error import RemoteError
from discador.v1 import identity_pb2 as wire
from discador.web.auth.asking import PERMISSIONS, ask_users, page, record
from discador.web.auth.authentication import doors_of
from discador.web.auth.role_words import ROLE_WORDS
from discador.web.pages.caller import needs
from discador.web.pages.form_reading import Fields, fields_of, id_of
from discador.web.pages.master import request_id
from discador.web.pages.notices import seen_after

_NUMBERS: Final = {role.value: wire.Role.Value(f"ROLE_{role.name}") for role in Role}
_CHANGED: Final = ("display_name", "roles", "campaign_ids", "locale", "time_zone", "disabled")


@needs(Permission.USER_READ)
async def listed(request: Request) -> Response:
    """List users, and what each role may do."""
    message = wire.ListUsersRequest(page_size=100, page_token=request.query_params.get("page", ""))
    found = await ask_users(request, "ListUsers", message)
    matrix = [(permission, [permission in MATRIX[role] for role in Role]) for permission in PERMISSIONS]
    context = {"users": found.users, "token": found.next_page_token, "roles": ROLE_WORDS, "matrix": matrix}
    return page(request, "users", context | {"role_names": _names})


@needs(Permission.USER_WRITE)
async def new(request: Request) -> Response:
    """Show an empty form."""
    return await _form(request, wire.User())


@needs(Permission.USER_WRITE)
async def create(request: Request) -> Response:
    """Add a user."""
    fields = await fields_of(request)
    user = _read(fields)
    user.name = fields.text("name")
    message = wire.CreateUserRequest(
        user=user, password=str(fields.form.get("password", "")), request_id=fields.text("once")[:128]
    )
    try:
        await ask_users(request, "CreateUser", message)
    except RemoteError as error:
        return await _form(request, user, error)
    return seen_after("/users", "created")


@needs(Permission.USER_READ)
async def shown(request: Request) -> Response:
    """Show a user."""
    return await _form(request, await _user(request))


@needs(Permission.USER_WRITE)
async def save(request: Request) -> Response:
    """Change a user."""
    fields, user_id = await fields_of(request), id_of(request)
    user = _read(fields)
    user.id, user.disabled = user_id, fields.checked("disabled")
    message = wire.UpdateUserRequest(user=user, request_id=fields.text("once")[:128], reason=fields.text("reason"))
    message.update_mask.paths.extend(_CHANGED)
    try:
        await ask_users(request, "UpdateUser", message)
    except RemoteError as error:
        user.name = (await _user(request)).name
        return await _form(request, user, error)
    doors_of(request).identities.forget(user_id)
    return seen_after(f"/users/{user_id}", "saved")


@needs(Permission.USER_WRITE)
async def set_password(request: Request) -> Response:
    """Give a user a new password."""
    fields, user_id = await fields_of(request), id_of(request)
    password = str(fields.form.get("password", ""))
    message = wire.SetPasswordRequest(id=user_id, password=password, reason=fields.text("reason"))
    return await _done(request, "SetPassword", message)


@needs(Permission.USER_WRITE)
async def reset_totp(request: Request) -> Response:
    """Take the second factor from a user who lost it."""
    fields = await fields_of(request)
    return await _done(request, "ResetTotp", wire.ResetTotpRequest(id=id_of(request), reason=fields.text("reason")))


@needs(Permission.USER_WRITE)
async def end_sessions(request: Request) -> Response:
    """End all sessions of a user."""
    user_id = id_of(request)
    await doors_of(request).sessions.end_all(user_id)
    await record(request, "EndSessions", f"user {user_id}")
    return seen_after(f"/users/{user_id}", "saved")


async def _done(request: Request, method: str, message: Any) -> Response:
    try:
        await ask_users(request, method, message)
    except RemoteError as error:
        return await _form(request, await _user(request), error)
    doors_of(request).identities.forget(id_of(request))
    return seen_after(f"/users/{id_of(request)}", "saved")


async def _form(request: Request, user: wire.User, error: RemoteError | None = None) -> Response:
    sessions = await doors_of(request).sessions.of_user(user.id) if user.id else []
    context = {
        "user": user,
        "chosen": _names(user.roles),
        "roles": ROLE_WORDS,
        "sessions": sessions,
        "once": request_id(),
    }
    return page(request, "user", context, error)


async def _user(request: Request) -> wire.User:
    found: wire.User = await ask_users(request, "GetUser", wire.GetUserRequest(id=id_of(request)))
    return found


def _read(fields: Fields) -> wire.User:
    user = wire.User(
        display_name=fields.text("display_name"), locale=fields.text("locale"), time_zone=fields.text("time_zone")
    )
    numbers: Any = (number for word, number in _NUMBERS.items() if fields.checked(f"role_{word}"))
    user.roles.extend(numbers)
    for part in fields.text("campaign_ids").replace(",", " ").split():
        user.campaign_ids.append(int(part) if part.isascii() and part.isdigit() and len(part) < 19 else -1)
    return user


def _names(numbers: Any) -> list[str]:
    return [word for word, number in _NUMBERS.items() if number in numbers]


ROUTES: Final = (
    Route("/users", listed, methods=["GET"]),
    Route("/users", create, methods=["POST"]),
    Route("/users/new", new, methods=["GET"]),
    Route("/users/{id:int}", shown, methods=["GET"]),
    Route("/users/{id:int}", save, methods=["POST"]),
    Route("/users/{id:int}/password", set_password, methods=["POST"]),
    Route("/users/{id:int}/totp/reset", reset_totp, methods=["POST"]),
    Route("/users/{id:int}/sessions/end", end_sessions, methods=["POST"]),
)
