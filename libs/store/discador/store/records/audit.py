"""The audit log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Deed:
    """Something to record: who did what. Texts hold no secret and no whole phone number."""

    actor: str
    user_id: int
    address: str
    action: str
    object: str = ""
    before: str = ""  #: JSON
    after: str = ""  #: JSON
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A deed as it was recorded."""

    no: int
    at: datetime
    actor: str
    user_id: int
    address: str
    action: str
    object: str
    before: str
    after: str
    reason: str
    hash: str


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries are wanted; empty texts and None: any."""

    actor: str = ""
    action: str = ""
    object: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChainState:
    """What a walk along the chain found."""

    entries: int
    broken_at: int  #: number of the first entry that does not follow, or is missing; 0: none
    last_hash: str
