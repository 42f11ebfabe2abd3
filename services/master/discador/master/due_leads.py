"""How many leads of a campaign are due, for the explanation of why it does not dial."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from discador.core.attempt import BlockReason
from discador.core.lead import DIALLABLE
from discador.store import Store
from discador.store.records import READY, Lead

_LOOKED_AT: Final = 200
_CAPPED: Final = frozenset({BlockReason.DAILY_CAP.value, BlockReason.SPACING.value})


@dataclass(frozen=True, slots=True)
class DueLeads:
    """Counts of what was looked at: the first 200 leads of each state. None: not among those, and there are more."""

    due: int | None
    waiting: int
    capped: int
    next_due_at: datetime | None


def due_leads(store: Store, campaign_id: int, now: datetime) -> DueLeads:
    """Look at the campaign's leads that can be dialled, now or later. Blocking; never a table scan."""
    leads: list[Lead] = []
    whole = True
    for state in sorted(DIALLABLE):
        page = store.leads.list(campaign_id, _LOOKED_AT, state=state)
        whole = whole and len(page) < _LOOKED_AT
        leads += page
    due = [lead for lead in leads if lead.ready == READY or lead.due_at is None or lead.due_at <= now]
    later = [lead for lead in leads if lead not in due]
    capped = sum(lead.reason in _CAPPED for lead in later)
    next_due_at = min((lead.due_at for lead in later if lead.due_at is not None), default=None)
    return DueLeads(
        due=len(due) if due or whole else None,
        waiting=len(later) - capped,
        capped=capped,
        next_due_at=next_due_at if whole else None,
    )
