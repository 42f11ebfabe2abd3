"""Why the last checks before Originate stopped an attempt."""

from __future__ import annotations

from enum import StrEnum


class BlockReason(StrEnum):
    """The reasons that `Blocked` knows; any other text is treated as a passing obstacle."""

    DNC = "dnc"
    NUMBER_INVALID = "number_invalid"
    CALLING_WINDOW = "calling_window"
    DAILY_CAP = "daily_cap"
    SPACING = "spacing"
    TRUNK = "trunk"
    CAMPAIGN_NOT_RUNNING = "campaign_not_running"
