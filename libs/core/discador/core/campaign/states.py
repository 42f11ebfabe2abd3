"""The states of a campaign."""

from __future__ import annotations

from enum import StrEnum


class CampaignState(StrEnum):
    """Whether a campaign dials, and why not. Only `running` reserves leads and passes the gate."""

    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"
    STOPPED = "stopped"
    COMPLETED = "completed"
