"""Who calls, from service to service: one metadata entry, believed because it comes with the service token.

The web service mints it after it has proven who calls; no header of a client can become it. A call with the service
token and without the entry is the system's own.
"""

from __future__ import annotations

import base64
import json
from contextvars import ContextVar
from typing import Any, Final

from discador.core.identity import SYSTEM, Caller, CallerKind, Permission, Role, permissions_of

METADATA_KEY: Final = "x-discador-caller"

_current: Final[ContextVar[Caller]] = ContextVar("discador_caller", default=SYSTEM)


class InvalidCaller(ValueError):
    """The entry is not one that `encoded` made."""


def current_caller() -> Caller:
    """Return who called the RPC that runs; the system, outside of one. Threads of `runtime.threads` see it too."""
    return _current.get()


def set_caller(caller: Caller) -> None:
    """Note who calls, for the rest of this task."""
    _current.set(caller)


def encoded(caller: Caller) -> str:
    """Return the metadata value for a caller. A token's permissions are told, a user's follow from the roles."""
    told: dict[str, Any] = {
        "kind": caller.kind.value,
        "id": caller.id,
        "name": caller.name,
        "roles": [role.value for role in caller.roles],
        "campaigns": sorted(caller.campaigns),
        "token": caller.token_id,
        "address": caller.address,
        "locale": caller.locale,
        "zone": caller.zone,
    }
    if caller.token_id:
        told["permissions"] = sorted(caller.permissions)
    return base64.urlsafe_b64encode(json.dumps(told).encode()).decode()


def decoded(value: str | bytes) -> Caller:
    """Return the caller that `encoded` was given. What it may do is worked out anew here, from its roles.

    Raises:
        InvalidCaller: something else wrote it. The message does not repeat it.
    """
    try:
        told = json.loads(base64.urlsafe_b64decode(value))
        kind = CallerKind(told["kind"])
        roles = tuple(Role(word) for word in told["roles"])
        may = permissions_of(roles)
        if "permissions" in told:
            may &= {Permission(word) for word in told["permissions"]}
        return Caller(
            kind=kind,
            id=int(told["id"]),
            name=str(told["name"]),
            roles=roles,
            permissions=may,
            campaigns=frozenset(int(each) for each in told["campaigns"]),
            token_id=int(told["token"]),
            locale=str(told["locale"]),
            zone=str(told["zone"]),
            address=str(told["address"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InvalidCaller(f"{METADATA_KEY} is not what the web service writes") from None
