"""Roles as people read them."""

from __future__ import annotations

from typing import Final

from discador.core.identity import Role
from discador.web.i18n.marks import N_

ROLE_WORDS: Final[tuple[tuple[str, str], ...]] = (
    (Role.AGENT.value, N_("Agent")),
    (Role.SUPERVISOR.value, N_("Supervisor")),
    (Role.CAMPAIGN_MANAGER.value, N_("Campaign manager")),
    (Role.ADMINISTRATOR.value, N_("Administrator")),
    (Role.AUDITOR.value, N_("Auditor")),
)
