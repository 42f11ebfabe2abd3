"""What a user's data may hold, and whose accounts a caller may touch."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from discador.core.compliance.zone import find_zone
from discador.core.identity import SYSTEM, Caller, CallerKind, excess_of_roles
from discador.core.identity.password_rules import fault_in_password
from discador.master.convert.identity import roles_from_wire
from discador.master.texts import fault_in
from discador.master.violations import Violations
from discador.runtime.errors import InvalidInput, PermissionDenied
from discador.store.records import User
from discador.v1 import identity_pb2 as wire

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}", re.ASCII)
_LOCALE: Final = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,2}", re.ASCII)
_MAX_DISPLAY_NAME: Final = 100


def checked_user(user: wire.User, caller: Caller) -> dict[str, Any]:
    """Return the columns that a caller may give a user. Raises `InvalidInput` (user-invalid), `PermissionDenied`."""
    found = Violations()
    roles = roles_from_wire(user.roles)
    found.check(bool(roles), "user.roles", "must name one of the roles at least")
    found.check(all(each > 0 for each in user.campaign_ids), "user.campaign_ids", "must be ids of campaigns")
    preferences = _preferences(user, found)
    found.raise_if_any("user-invalid")
    assert roles is not None, "without faults there are roles"
    if beyond := excess_of_roles(caller, roles, user.campaign_ids):
        raise PermissionDenied(f"what you want to give {beyond}", error_id="grant-denied")
    return {**preferences, "roles": roles, "campaigns": frozenset(user.campaign_ids)}


def checked_preferences(user: wire.User) -> dict[str, Any]:
    """Return the columns that users may change themselves. Raises `InvalidInput` (user-invalid)."""
    found = Violations()
    preferences = _preferences(user, found)
    found.raise_if_any("user-invalid")
    return preferences


def checked_name(name: str, field: str = "user.name") -> str:
    """Return the name in small letters. Raises `InvalidInput` (user-invalid)."""
    folded = name.casefold()
    found = Violations()
    rule = "must have 1 to 64 letters, digits, dots, hyphens, underscores or @, and begin with a letter or digit"
    found.check(_NAME.fullmatch(folded) is not None, field, rule)
    found.raise_if_any("user-invalid")
    return folded


def check_password(password: str, user_name: str, field: str = "password") -> None:
    """Raises `InvalidInput` (password-invalid)."""
    if fault := fault_in_password(password, user_name):
        raise InvalidInput(f"{field} {fault}", error_id="password-invalid", violations=[(field, fault)])


def require_power_over(caller: Caller, user: User) -> None:
    """Raises `PermissionDenied` unless the caller has everything that the user has: whoever sets a password or a role
    could act as that user."""
    if caller is not SYSTEM and (beyond := excess_of_roles(caller, user.roles, user.campaigns)):
        raise PermissionDenied(f"what {user.name} may do {beyond}", error_id="account-denied")


def own_id(caller: Caller, kinds: Iterable[CallerKind] = (CallerKind.USER,)) -> int:
    """Return the caller's own user. Raises `PermissionDenied` for those who are no user."""
    if caller.kind not in tuple(kinds) or not caller.id:
        raise PermissionDenied("only a user who logged in has an account of their own", error_id="account-missing")
    return caller.id


def _preferences(user: wire.User, found: Violations) -> dict[str, Any]:
    found.add("user.display_name", fault_in(user.display_name, _MAX_DISPLAY_NAME))
    good = not user.locale or (_LOCALE.fullmatch(user.locale) is not None and len(user.locale) <= 16)
    found.check(good, "user.locale", "must be a language such as pt-BR or en")
    zone = not user.time_zone or (len(user.time_zone) <= 64 and find_zone(user.time_zone) is not None)
    found.check(zone, "user.time_zone", "must be the name of a time zone, such as America/Sao_Paulo")
    return {"display_name": user.display_name, "locale": user.locale, "time_zone": user.time_zone}
