"""Counters of campaigns: kept in the transaction that changes what they count, never a table scan."""

from __future__ import annotations

import random
from collections import Counter
from typing import Final

import sqlalchemy as sa

from discador.core.attempt import Outcome
from discador.core.lead import LeadState
from discador.store.tables import campaign_counter
from discador.store.transaction import Transaction

#: Rows of one counter. A transaction adds to one of them, so that eight can add at once.
SLOTS: Final = 8

LEADS: Final = "lead."
OUTCOMES: Final = "outcome."


class Tally:
    """What one transaction adds to the counters; written at its end, since these locks come last."""

    def __init__(self) -> None:
        self._changes: Counter[tuple[int, str]] = Counter()

    def lead_moved(self, campaign_id: int, before: LeadState | None, after: LeadState, count: int = 1) -> None:
        """Count `count` leads that went from `before` (None: they are new here) to `after`."""
        if before is not None:
            self._changes[campaign_id, LEADS + before] -= count
        self._changes[campaign_id, LEADS + after] += count

    def attempt_ended(self, campaign_id: int, outcome: Outcome) -> None:
        """Count one attempt that ended with `outcome`."""
        self._changes[campaign_id, OUTCOMES + outcome] += 1

    def write(self, tx: Transaction) -> None:
        """Add everything to the counters, in the order of their keys: no two transactions wait for each other."""
        slot = random.randrange(SLOTS)  # noqa: S311  # no secret
        rows = [
            {"campaign_id": campaign_id, "name": name, "slot": slot, "value": value}
            for (campaign_id, name), value in sorted(self._changes.items())
            if value
        ]
        tx.upsert(campaign_counter, rows, add=["value"])


def make_counters(tx: Transaction, campaign_id: int) -> None:
    """Make all counters of a new campaign: adding to rows that exist locks those rows and no gaps between them."""
    names = [*(LEADS + state for state in LeadState), *(OUTCOMES + outcome for outcome in Outcome)]
    tx.execute(
        sa.insert(campaign_counter),
        [
            {"campaign_id": campaign_id, "name": name, "slot": slot, "value": 0}
            for name in sorted(names)
            for slot in range(SLOTS)
        ],
    )


def read_counters(tx: Transaction, campaign_id: int) -> tuple[dict[LeadState, int], dict[Outcome, int]]:
    """Return leads by state and ended attempts by outcome."""
    counter = campaign_counter
    rows = tx.execute(
        sa.select(counter.c.name, sa.func.sum(counter.c.value))
        .where(counter.c.campaign_id == campaign_id)
        .group_by(counter.c.name)
    )
    totals = {name: int(value) for name, value in rows}
    return (
        {state: totals.get(LEADS + state, 0) for state in LeadState},
        {outcome: totals.get(OUTCOMES + outcome, 0) for outcome in Outcome},
    )
