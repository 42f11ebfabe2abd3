"""Users and API tokens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from discador.core.identity import Permission, Role


@dataclass(frozen=True, slots=True)
class User:
    """A person who may log in."""

    id: int
    name: str
    display_name: str
    roles: tuple[Role, ...]
    campaigns: frozenset[int]  #: empty: all
    locale: str
    time_zone: str
    disabled: bool
    totp: bool
    generation: int  #: raised by what must end the user's sessions
    created_at: datetime
    last_login_at: datetime | None


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a login is checked against; never shown."""

    user: User
    password_hash: str
    totp_secret: str
    totp_step: int  #: of the code that was used last; no older one is taken


class UserChanges(TypedDict, total=False):
    """What `users.update` may be given."""

    display_name: str
    roles: tuple[Role, ...]
    campaigns: frozenset[int]
    locale: str
    time_zone: str
    disabled: bool


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A key for programs; the key itself is not kept, only its digest."""

    id: int
    user_id: int
    name: str
    permissions: frozenset[Permission]
    campaigns: frozenset[int]  #: empty: those of its owner
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
