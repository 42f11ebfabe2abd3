"""Who does what in a call centre."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """A set of permissions that people know by name; one user may have several."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    CAMPAIGN_MANAGER = "campaign_manager"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
