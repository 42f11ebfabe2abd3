"""Nobody gives away more than they have: roles, tokens, and power over other people's accounts."""

from __future__ import annotations

from collections.abc import Iterable

from discador.core.identity.caller import Caller
from discador.core.identity.matrix import permissions_of
from discador.core.identity.permissions import Permission
from discador.core.identity.roles import Role


def excess(caller: Caller, permissions: Iterable[Permission], campaigns: Iterable[int]) -> str:
    """Say in what a grant goes beyond the caller's own rights; empty if it does not.

    It also decides who may touch an account: whoever could take it over by a new password must have its rights.
    """
    beyond = sorted(set(permissions) - caller.permissions)
    if beyond:
        return f"goes beyond your own permissions: {', '.join(beyond)}"
    wanted = frozenset(campaigns)
    if caller.campaigns and not (wanted and wanted <= caller.campaigns):
        return "must name only campaigns that you may work with, and at least one"
    return ""


def excess_of_roles(caller: Caller, roles: Iterable[Role], campaigns: Iterable[int]) -> str:
    """Say in what these roles go beyond the caller's own rights; empty if they do not."""
    return excess(caller, permissions_of(roles), campaigns)
