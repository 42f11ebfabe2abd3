"""The last checks right before a call: may this attempt be dialled now? Pure.

The gate runs them on locked rows, inside the transaction that commits the intent; so nothing that they look at
can change before it does.
"""

from __future__ import annotations

from datetime import datetime

from discador.core.attempt import BlockReason, Outcome
from discador.core.compliance import NumberUsage, local_day, may_attempt, may_dial
from discador.core.lead import after_attempt
from discador.store.records import Block, Candidate, Pass, Verdict


def judge(candidate: Candidate, *, node_disabled: bool = False) -> Verdict:
    """Return `Pass`, or `Block` with the first reason that forbids the call and what becomes of the lead.

    In order: do-not-call, trunk or node switched off, calling window in every zone the number may lie in, caps
    of the number over all campaigns. Times come from the candidate: the database's clock.
    """
    settings = candidate.campaign.settings
    zones = candidate.lead.zones or (settings.time_zone,)
    if candidate.dnc:
        return _block(candidate, BlockReason.DNC, None)
    if candidate.trunk.disabled or node_disabled:
        return _block(candidate, BlockReason.TRUNK, None)
    window = may_dial(settings.window, zones, candidate.now)
    if not window.open:
        return _block(candidate, BlockReason.CALLING_WINDOW, window.opens_at)
    used = candidate.usage
    usage = NumberUsage(used.day, used.today, used.last_at)
    caps = may_attempt(usage, settings.caps, candidate.now, zones[0])
    if not caps.allowed:
        return _block(candidate, caps.reason or BlockReason.DAILY_CAP, caps.allowed_at)
    return Pass(local_day(candidate.now, zones[0]))


def _block(candidate: Candidate, reason: BlockReason, not_before: datetime | None) -> Block:
    lead = candidate.lead
    following = after_attempt(
        candidate.campaign.settings.retry_policy,
        Outcome.BLOCKED,
        attempts_before=lead.attempts,
        same_outcome_before=lead.outcome_counts.get(Outcome.BLOCKED.value, 0),
        at=candidate.now,
        block_reason=reason,
        not_before=not_before,
        origin=candidate.attempt.origin,
    )
    return Block(reason.value, following)
