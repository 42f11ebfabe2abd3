"""The do-not-call list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DncEntry:
    """A number that is never dialled."""

    id: int
    number: str
    reason: str
    source: str
    created_at: datetime
