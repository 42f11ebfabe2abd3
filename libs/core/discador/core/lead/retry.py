"""What an attempt that has ended makes of its lead: when it is tried again, or never."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from discador.core.attempt.block_reason import BlockReason
from discador.core.attempt.hangup_cause import FORGIVABLE
from discador.core.attempt.states import NEVER_DIALLED, Outcome
from discador.core.lead.retry_policy import RetryPolicy, RetryRule
from discador.core.lead.states import LeadState

__all__ = ["UNKNOWN_FLOOR_S", "LeadNext", "RetryPolicy", "RetryRule", "after_attempt"]

#: A lost attempt may still be talking: no new one before this many seconds (reliability.md §3).
UNKNOWN_FLOOR_S: Final = 900.0

#: Seconds before a lead stopped by a passing obstacle is looked at again, if nobody knows when it passes.
OBSTACLE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class LeadNext:
    """The lead's next state, when it is due (None where it is never dialled again), and why."""

    state: LeadState
    due_at: datetime | None
    counted: bool
    reason: str


def after_attempt(
    policy: RetryPolicy,
    outcome: Outcome,
    *,
    attempts_before: int,
    same_outcome_before: int,
    at: datetime,
    cause: int | None = None,
    block_reason: str = "",
    not_before: datetime | None = None,
    origin: LeadState | None = None,
) -> LeadNext:
    """Return what becomes of a lead whose attempt ended with `outcome` at `at`.

    Args:
        attempts_before: counted attempts of the lead before this one.
        same_outcome_before: attempts of the lead that ended with the same outcome, before this one.
        cause: Q.850 hangup cause; tells which congestions are forgiven. None forgives.
        block_reason: `Blocked.reason`, for the outcome `blocked`.
        not_before: when the obstacle passes (the window opens, the cap renews), if that is known.
        origin: the state it was reserved from; an attempt that was never dialled puts it back there. If it is
            not given, a lead without counted attempts is `new` again, any other `waiting_retry`.
    """
    if outcome is Outcome.CONNECTED:
        return LeadNext(LeadState.DONE, None, True, "connected")
    if outcome is Outcome.INVALID_NUMBER:
        return LeadNext(LeadState.INVALID, None, True, "the network does not know the number")
    if outcome in NEVER_DIALLED:
        if block_reason == BlockReason.DNC:
            return LeadNext(LeadState.BLOCKED, None, False, BlockReason.DNC.value)
        if block_reason == BlockReason.NUMBER_INVALID:
            return LeadNext(LeadState.INVALID, None, False, BlockReason.NUMBER_INVALID.value)
        state = origin or (LeadState.WAITING_RETRY if attempts_before else LeadState.NEW)
        due_at = _due(at, _untried_delay(policy, outcome, same_outcome_before, not_before), not_before)
        return LeadNext(state, due_at, False, block_reason or outcome.value)
    rule = policy.rule_for(outcome)
    forgiven = (
        outcome is Outcome.CONGESTION
        and same_outcome_before < policy.free_congestions
        and (cause is None or cause in FORGIVABLE)
    )
    if not forgiven:
        if attempts_before + 1 >= policy.max_attempts_per_lead:
            return LeadNext(LeadState.EXHAUSTED, None, True, f"attempt {attempts_before + 1} was the last allowed")
        if rule.max_attempts is not None and same_outcome_before + 1 >= rule.max_attempts:
            return LeadNext(LeadState.EXHAUSTED, None, True, f"{outcome.value} {same_outcome_before + 1} times")
    delay_s = rule.delay_for(same_outcome_before)
    if outcome is Outcome.UNKNOWN:
        delay_s = max(delay_s, UNKNOWN_FLOOR_S)
    return LeadNext(LeadState.WAITING_RETRY, _due(at, delay_s, not_before), not forgiven, outcome.value)


def _untried_delay(
    policy: RetryPolicy, outcome: Outcome, same_outcome_before: int, not_before: datetime | None
) -> float:
    if outcome is Outcome.REFUSED:
        return policy.rule_for(outcome).delay_for(same_outcome_before)
    if outcome is Outcome.BLOCKED and not_before is None:
        return OBSTACLE_S
    return 0.0


def _due(at: datetime, delay_s: float, not_before: datetime | None) -> datetime:
    due_at = at + timedelta(seconds=delay_s)
    return due_at if not_before is None else max(due_at, not_before)
