"""The permission matrix: the one place that says what a role may do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from discador.core.identity.permissions import Permission
from discador.core.identity.roles import Role

_P = Permission

_SUPERVISOR: Final = frozenset(
    {
        _P.ACCOUNT_OWN,
        _P.TOKEN_OWN,
        _P.SYSTEM_READ,
        _P.SYSTEM_STOP,
        _P.WORKER_READ,
        _P.CAMPAIGN_READ,
        _P.CAMPAIGN_CONTROL,
        _P.LEAD_READ,
        _P.ATTEMPT_READ,
        _P.NUMBER_REVEAL,
        _P.DNC_READ,
        _P.TRUNK_READ,
        _P.NODE_READ,
    }
)

MATRIX: Final[dict[Role, frozenset[Permission]]] = {
    Role.AGENT: frozenset({_P.ACCOUNT_OWN}),
    Role.SUPERVISOR: _SUPERVISOR,
    Role.CAMPAIGN_MANAGER: _SUPERVISOR
    | {_P.CAMPAIGN_WRITE, _P.LEAD_WRITE, _P.LEAD_IMPORT, _P.LEAD_EXPORT, _P.DNC_WRITE},
    Role.ADMINISTRATOR: frozenset(Permission),
    # Reads everything but whole phone numbers, changes nothing.
    Role.AUDITOR: frozenset(
        {_P.ACCOUNT_OWN, _P.TOKEN_OWN} | {permission for permission in Permission if permission.endswith(":read")}
    ),
}


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """Return what somebody with these roles may do: the union of what each allows."""
    return frozenset().union(*(MATRIX[role] for role in roles))
