"""How a campaign dials."""

from __future__ import annotations

from enum import StrEnum


class Mode(StrEnum):
    """The dial modes."""

    PREVIEW = "preview"
    PROGRESSIVE = "progressive"
    POWER = "power"
    PREDICTIVE = "predictive"
    BROADCAST = "broadcast"
