"""`discador user …`: who may log in. The command line acts for the system itself, so it may give any role."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from discador.cli import output
from discador.cli.choices import enum_value
from discador.cli.connection import Api, connected, request_id
from discador.cli.failure import Failure, NotFound
from discador.cli.ids import id_of
from discador.cli.output import joined, many, one
from discador.v1 import identity_pb2

app = typer.Typer(help="Users: who may log in, with which roles.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="id or name of the user")]
PasswordFile = Annotated[
    str, typer.Option(help="file that holds the password, - for standard input; asked for if left out")
]
Reason = Annotated[str, typer.Option(help="why, for the audit log")]


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="unique name")],
    role: Annotated[list[str], typer.Option(help="agent, supervisor, campaign_manager, administrator or auditor")],
    display_name: Annotated[str, typer.Option(help="as people read it")] = "",
    campaign: Annotated[list[int] | None, typer.Option(help="id of a campaign to be limited to")] = None,
    password_file: PasswordFile = "",
) -> None:
    """Add a user."""
    user = identity_pb2.User(name=name, display_name=display_name, campaign_ids=campaign or [])
    for word in role:
        user.roles.append(enum_value(identity_pb2.Role, "ROLE_", word, "role"))  # type: ignore[arg-type]
    password = _password(password_file)
    with connected() as api:
        _show(
            api.users.CreateUser(identity_pb2.CreateUserRequest(user=user, password=password, request_id=request_id()))
        )


@app.command("list")
def list_() -> None:
    """List users."""
    with connected() as api:
        found = all_users(api)
    many(
        found,
        {
            "id": lambda u: u.id,
            "name": lambda u: u.name,
            "display name": lambda u: u.display_name,
            "roles": _roles,
            "campaigns": lambda u: joined(u.campaign_ids) or "all",
            "code": lambda u: u.totp,
            "disabled": lambda u: u.disabled,
            "last login": lambda u: u.last_login_at,
        },
        "There is no user yet: `discador user add NAME --role administrator` makes one.",
    )


@app.command()
def disable(user: Name, reason: Reason = "") -> None:
    """Let a user log in no more; sessions and tokens end within seconds."""
    _set_disabled(user, True, reason)


@app.command()
def enable(user: Name, reason: Reason = "") -> None:
    """Let a user log in again."""
    _set_disabled(user, False, reason)


@app.command()
def passwd(user: Name, password_file: PasswordFile = "", reason: Reason = "") -> None:
    """Set a user's password; all sessions of the user end, a lock after failed logins too."""
    password = _password(password_file)
    with connected() as api:
        request = identity_pb2.SetPasswordRequest(id=user_id(api, user), password=password, reason=reason)
        _show(api.users.SetPassword(request))


@app.command()
def reset_code(user: Name, reason: Reason = "") -> None:
    """Take the second factor from a user who has lost it."""
    with connected() as api:
        _show(api.users.ResetTotp(identity_pb2.ResetTotpRequest(id=user_id(api, user), reason=reason)))


def all_users(api: Api) -> list[identity_pb2.User]:
    """Every user, in pages."""
    return output.pages(
        lambda token: api.users.ListUsers(identity_pb2.ListUsersRequest(page_token=token)), "users", 100_000
    )


def user_id(api: Api, word: str) -> int:
    """Return the id of the user that a word names: an exact name, or an id."""
    users = all_users(api)
    for user in users:
        if user.name == word.casefold():
            return user.id
    number = id_of(word)
    if number is not None and any(user.id == number for user in users):
        return number
    raise NotFound(f"No user is called {word!r}.", "user-not-found")


def _password(file: str) -> str:
    if not file:
        if not sys.stdin.isatty():
            raise Failure("There is no terminal to ask for the password: use --password-file.", "password-missing")
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"The password file cannot be read: {type(error).__name__}.", "password-missing") from error
    return text.rstrip("\r\n")


def _set_disabled(word: str, disabled: bool, reason: str) -> None:
    with connected() as api:
        user = identity_pb2.User(id=user_id(api, word), disabled=disabled)
        request = identity_pb2.UpdateUserRequest(user=user, request_id=request_id(), reason=reason)
        request.update_mask.paths.append("disabled")
        _show(api.users.UpdateUser(request))


def _roles(user: identity_pb2.User) -> str:
    return joined(identity_pb2.Role.Name(role).removeprefix("ROLE_").lower() for role in user.roles)


def _show(user: identity_pb2.User) -> None:
    one(
        user,
        {
            "id": user.id,
            "name": user.name,
            "display name": user.display_name,
            "roles": _roles(user),
            "campaigns": joined(user.campaign_ids) or "all",
            "code at login": user.totp,
            "disabled": user.disabled,
            "last login": user.last_login_at,
        },
    )
