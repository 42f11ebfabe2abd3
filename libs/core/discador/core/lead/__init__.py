"""Lead: somebody to be reached, and when to try (again)."""

from discador.core.lead.machine import LeadEvent, decide
from discador.core.lead.retry import UNKNOWN_FLOOR_S, LeadNext, after_attempt
from discador.core.lead.retry_policy import RetryPolicy, RetryRule
from discador.core.lead.states import DIALLABLE, FINAL, LeadState

__all__ = [
    "DIALLABLE",
    "FINAL",
    "UNKNOWN_FLOOR_S",
    "LeadEvent",
    "LeadNext",
    "LeadState",
    "RetryPolicy",
    "RetryRule",
    "after_attempt",
    "decide",
]
