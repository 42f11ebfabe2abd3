"""What follows when attempts end: their leads go on by the retry rules, and what was not used is given back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from discador.core.attempt import NEVER_DIALLED, Outcome
from discador.core.campaign import CampaignSettings
from discador.core.lead import DIALLABLE, FINAL, LeadNext, LeadState, after_attempt
from discador.store.counters import Tally
from discador.store.records import NOT_DIALLABLE, READY, WAITS, Attempt
from discador.store.tables import dnc, lead, number_usage
from discador.store.transaction import Transaction
from discador.store.usage import lock_numbers

#: `lead.reason` of somebody who asked during a call not to be called again.
OPT_OUT: Final = "opt_out"

_LOCK_LEADS: Final = (
    sa.select(
        lead.c.id, lead.c.campaign_id, lead.c.state, lead.c.attempts, lead.c.outcome_counts, lead.c.reason,
        lead.c.due_at, lead.c.ready, lead.c.last_outcome,
    )
    .where(lead.c.id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(lead.c.id)
    .with_for_update()
)  # fmt: skip

_USAGES: Final = sa.select(number_usage).where(number_usage.c.number.in_(sa.bindparam("numbers", expanding=True)))


@dataclass(frozen=True, slots=True)
class Ending:
    """An attempt that has just ended. `lead_next` overrules the retry rules (the gate's judge gives it)."""

    attempt: Attempt
    settings: CampaignSettings
    at: datetime
    block_reason: str = ""
    lead_next: LeadNext | None = None


def settle(
    tx: Transaction, endings: Sequence[Ending], opted_out: Sequence[Attempt], now: datetime, tally: Tally
) -> None:
    """Write all that follows for leads and numbers from attempts that have ended, and from those during which somebody
    asked not to be called again. The attempts themselves are written already."""
    by_lead = {ending.attempt.lead_id: ending for ending in endings}
    refusing = {each.lead_id for each in opted_out}
    ids = sorted({*by_lead, *refusing})
    if not ids:
        return
    changes = []
    for row in tx.execute(_LOCK_LEADS, {"ids": ids}):
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

    unused = [e.attempt for e in endings if e.attempt.outcome in NEVER_DIALLED and e.attempt.usage_day is not None]
    numbers = lock_numbers(tx, (each.number for each in (*unused, *opted_out)))
    _give_back(tx, unused, numbers)
    # The lock on the number lets a gate that has it finish; later ones will see the entry.
    common = {"reason": "asked during a call", "source": OPT_OUT, "created_at": now}
    refused = sorted({each.number for each in opted_out})
    tx.insert_many(dnc, [{"number": number, **common} for number in refused], ignore=True)


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


def _give_back(tx: Transaction, unused: Sequence[Attempt], locked: Sequence[str]) -> None:
    if not unused:
        return
    usages = {row.number: row._asdict() for row in tx.execute(_USAGES, {"numbers": locked})}
    for each in unused:
        usage = usages[each.number]
        usage["total"] = max(0, usage["total"] - 1)
        if usage["day"] == each.usage_day:
            usage["today"] = max(0, usage["today"] - 1)
        # Only if nobody has passed the gate for this number since.
        if usage["last_at"] == each.submitting_at:
            usage["last_at"] = usage["previous_at"]
    tx.upsert(number_usage, [usages[number] for number in locked], replace=("today", "total", "last_at"))
