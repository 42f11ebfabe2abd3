"""Campaigns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from discador.core.campaign import CampaignSettings, CampaignState


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign with its settings. `version` rises with each change of name or settings, not with commands."""

    id: int
    name: str
    state: CampaignState
    settings: CampaignSettings
    version: int
    created_at: datetime
    updated_at: datetime
