"""The states of a lead."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class LeadState(StrEnum):
    """Whether a lead may be dialled, and when."""

    NEW = "new"
    RESERVED = "reserved"
    WAITING_RETRY = "waiting_retry"
    CALLBACK = "callback"
    DONE = "done"
    EXHAUSTED = "exhausted"
    BLOCKED = "blocked"
    INVALID = "invalid"


#: States from which a lead can be reserved once it is due.
DIALLABLE: Final = frozenset({LeadState.NEW, LeadState.WAITING_RETRY, LeadState.CALLBACK})

#: States that no attempt follows unless somebody reopens the lead.
FINAL: Final = frozenset({LeadState.DONE, LeadState.EXHAUSTED, LeadState.BLOCKED, LeadState.INVALID})
