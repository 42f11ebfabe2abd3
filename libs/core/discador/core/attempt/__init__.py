"""Attempt: one try to reach one number."""

from discador.core.attempt.block_reason import BlockReason
from discador.core.attempt.hangup_cause import describe, outcome_for
from discador.core.attempt.identifier import attempt_id, format_attempt_id, parse_attempt_id
from discador.core.attempt.machine import AttemptView, Decision, decide
from discador.core.attempt.states import COUNTED, NEVER_DIALLED, Outcome, State

__all__ = [
    "COUNTED",
    "NEVER_DIALLED",
    "AttemptView",
    "BlockReason",
    "Decision",
    "Outcome",
    "State",
    "attempt_id",
    "decide",
    "describe",
    "format_attempt_id",
    "outcome_for",
    "parse_attempt_id",
]
