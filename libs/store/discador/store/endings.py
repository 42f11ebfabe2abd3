"""What follows when attempts end: their leads go on by the retry rules, and what was not used is given back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from discador.core.attempt import NEVER_DIALLED, Outcome
from discador.core.campaign import CampaignSettings
from discador.core.lead import DIALLABLE, FINAL, LeadNext, LeadState, after_attempt
from discador.store.counters import Tally
from discador.store.records import NOT_DIALLABLE, READY, WAITS, Attempt
from discador.store.tables import lead, number_usage
from discador.store.transaction import Transaction

#: `lead.reason` of somebody who asked during a call not to be called again.
OPT_OUT: Final = "opt_out"

_LEAD = (
    lead.c.id, lead.c.campaign_id, lead.c.state, lead.c.attempts, lead.c.outcome_counts, lead.c.reason,
    lead.c.due_at, lead.c.ready, lead.c.last_outcome,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ending:
    """An attempt that has just ended. `lead_next` overrules the retry rules (the gate's judge gives it)."""

    attempt: Attempt
    settings: CampaignSettings
    at: datetime
    block_reason: str = ""
    lead_next: LeadNext | None = None


def settle(tx: Transaction, endings: Sequence[Ending], opted_out: Iterable[int], now: datetime, tally: Tally) -> None:
    """Write the leads of `endings`, and of `opted_out` (ids of leads), and give back the use of numbers that were not
    dialled. The attempts are written already."""
    by_lead = {ending.attempt.lead_id: ending for ending in endings}
    ids = sorted({*by_lead, *opted_out})
    if not ids:
        return
    refusing = set(opted_out)
    rows = tx.execute(sa.select(*_LEAD).where(lead.c.id.in_(ids)).order_by(lead.c.id).with_for_update())
    changes = []
    for row in rows:
        change = row._asdict()
        if row.id in refusing:
            _opt_out(change)
        if row.id in by_lead:
            _end(change, by_lead[row.id], now)
            tally.attempt_ended(row.campaign_id, Outcome(change["last_outcome"]))
        if change["state"] is not row.state:
            tally.lead_moved(row.campaign_id, row.state, change["state"])
        del change["campaign_id"]
        changes.append(change)
    tx.update_many(lead, changes)
    _give_back(tx, [ending.attempt for ending in endings])


def _opt_out(change: dict[str, Any]) -> None:
    change["reason"] = OPT_OUT
    # A reserved lead stays so until its attempt has ended: `_end` sees the reason.
    if change["state"] is not LeadState.RESERVED:
        change.update(state=LeadState.BLOCKED, ready=NOT_DIALLABLE, due_at=None)


def _end(change: dict[str, Any], ending: Ending, now: datetime) -> None:
    outcome = ending.attempt.outcome
    assert outcome is not None
    counts: dict[str, int] = change["outcome_counts"]
    following = ending.lead_next or after_attempt(
        ending.settings.retry_policy,
        outcome,
        attempts_before=change["attempts"],
        same_outcome_before=counts.get(outcome, 0),
        at=ending.at,
        cause=ending.attempt.hangup_cause,
        block_reason=ending.block_reason,
        origin=ending.attempt.origin,
    )
    if change["reason"] == OPT_OUT and following.state not in FINAL - {LeadState.DONE}:
        following = replace(following, state=LeadState.BLOCKED, due_at=None, reason=OPT_OUT)
    counts[outcome.value] = counts.get(outcome, 0) + 1
    change["attempts"] += following.counted
    change["last_outcome"] = outcome.value
    if change["state"] is LeadState.RESERVED:
        place_lead(change, following, now)


def place_lead(change: dict[str, Any], following: LeadNext, now: datetime) -> None:
    """Set the columns that say when a lead is dialled next."""
    change["state"] = following.state
    change["reason"] = following.reason[:255]
    if following.state not in DIALLABLE:
        change.update(ready=NOT_DIALLABLE, due_at=None)
        return
    due_at = following.due_at or now
    change.update(ready=READY if due_at <= now else WAITS, due_at=due_at)


def _give_back(tx: Transaction, ended: Sequence[Attempt]) -> None:
    unused = {a.number: a for a in ended if a.outcome in NEVER_DIALLED and a.usage_day is not None}
    # Two unused attempts to one number in one batch are rare enough to be given back one after the other.
    rest = [a for a in ended if a.number in unused and a is not unused[a.number]]
    if not unused:
        return
    query = sa.select(number_usage).where(number_usage.c.number.in_(sorted(unused))).order_by(number_usage.c.number)
    changes = []
    for usage in tx.execute(query.with_for_update()):
        back = unused[usage.number]
        changes.append(
            {
                "number": usage.number,
                "today": max(0, usage.today - (usage.day == back.usage_day)),
                "total": max(0, usage.total - 1),
                # Only if nobody has passed the gate for this number since.
                "last_at": usage.previous_at if usage.last_at == back.submitting_at else usage.last_at,
            }
        )
    tx.execute(tx.dialect.upsert(number_usage, replace=("today", "total", "last_at")), changes)
    _give_back(tx, rest)
