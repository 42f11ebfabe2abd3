"""The screens, grouped by who works there; only those a user may open are shown."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from discador.core.identity import Permission
from discador.web.i18n.marks import N_
from discador.web.pages.caller import may


@dataclass(frozen=True)
class Screen:
    """An entry of the navigation."""

    title: str
    path: str
    permission: Permission


GROUPS: tuple[tuple[str, tuple[Screen, ...]], ...] = (
    (
        N_("Operate"),
        (
            Screen(N_("Overview"), "/", Permission.SYSTEM_READ),
            Screen(N_("Live monitor"), "/monitor", Permission.SYSTEM_READ),
            Screen(N_("Queue"), "/queue", Permission.SYSTEM_READ),
            Screen(N_("Call log"), "/calls", Permission.ATTEMPT_READ),
        ),
    ),
    (
        N_("Plan"),
        (
            Screen(N_("Campaigns"), "/campaigns", Permission.CAMPAIGN_READ),
            Screen(N_("Imports"), "/imports", Permission.LEAD_READ),
            Screen(N_("Do not call"), "/dnc", Permission.DNC_READ),
        ),
    ),
    (
        N_("Run"),
        (
            Screen(N_("Workers"), "/workers", Permission.WORKER_READ),
            Screen(N_("Trunks"), "/trunks", Permission.TRUNK_READ),
            Screen(N_("Nodes"), "/nodes", Permission.NODE_READ),
            Screen(N_("Logs"), "/logs", Permission.MAINTENANCE_READ),
        ),
    ),
    (
        N_("Govern"),
        (
            Screen(N_("Users and roles"), "/users", Permission.USER_READ),
            Screen(N_("API tokens"), "/tokens", Permission.TOKEN_OWN),
            Screen(N_("Audit log"), "/audit", Permission.AUDIT_READ),
        ),
    ),
)


def groups_for(request: Request) -> list[tuple[str, list[Screen]]]:
    """Return the groups that hold something for the one who asks."""
    groups = [(title, [s for s in screens if may(request, s.permission)]) for title, screens in GROUPS]
    return [(title, screens) for title, screens in groups if screens]
