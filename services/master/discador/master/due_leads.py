"""How many leads of a campaign are due, for the explanation of why it does not dial."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from discador.core.attempt import BlockReason
from discador.store import Store
from discador.store.records import READY

_LOOKED_AT: Final = 200
_CAPPED: Final = frozenset({BlockReason.DAILY_CAP.value, BlockReason.SPACING.value})


@dataclass(frozen=True, slots=True)
class DueLeads:
    """Counts of what was looked at: 200 leads that are ready, and the 200 that wait for the soonest times."""

    due: int
    waiting: int
    capped: int
    next_due_at: datetime | None


def due_leads(store: Store, campaign_id: int, now: datetime) -> DueLeads:
    """Look at the campaign's leads that can be dialled, now or later. Blocking; never a table scan."""
    leads = store.leads.diallable(campaign_id, _LOOKED_AT)
    later = [(due_at, reason) for ready, due_at, reason in leads if ready != READY and due_at and due_at > now]
    capped = sum(reason in _CAPPED for _, reason in later)
    return DueLeads(
        due=len(leads) - len(later),
        waiting=len(later) - capped,
        capped=capped,
        next_due_at=min((due_at for due_at, _ in later), default=None),
    )
