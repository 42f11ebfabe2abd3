"""Life of a lead.

The table below is the specification; `docs/state-machines/lead.md` is drawn from it. Any pair that it
does not name is illegal.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from discador.core.errors import IllegalLeadEvent
from discador.core.lead.states import LeadState


class LeadEvent(StrEnum):
    """What can happen to a lead."""

    RESERVED = "reserved"
    RETURNED_UNTRIED = "returned_untried"
    RETRY_SET = "retry_set"
    CALLBACK_SET = "callback_set"
    DISPOSED = "disposed"
    EXHAUSTED = "exhausted"
    BLOCKED = "blocked"
    INVALIDATED = "invalidated"
    REOPENED = "reopened"


TRANSITIONS: Final[dict[tuple[LeadState, LeadEvent], LeadState]] = {
    (LeadState.NEW, LeadEvent.RESERVED): LeadState.RESERVED,
    (LeadState.WAITING_RETRY, LeadEvent.RESERVED): LeadState.RESERVED,
    (LeadState.CALLBACK, LeadEvent.RESERVED): LeadState.RESERVED,
    # How an attempt ended (`after_attempt` chooses).
    (LeadState.RESERVED, LeadEvent.RETURNED_UNTRIED): LeadState.NEW,
    (LeadState.RESERVED, LeadEvent.RETRY_SET): LeadState.WAITING_RETRY,
    (LeadState.RESERVED, LeadEvent.CALLBACK_SET): LeadState.CALLBACK,
    (LeadState.RESERVED, LeadEvent.DISPOSED): LeadState.DONE,
    (LeadState.RESERVED, LeadEvent.EXHAUSTED): LeadState.EXHAUSTED,
    (LeadState.RESERVED, LeadEvent.BLOCKED): LeadState.BLOCKED,
    (LeadState.RESERVED, LeadEvent.INVALIDATED): LeadState.INVALID,
    # Between attempts.
    (LeadState.NEW, LeadEvent.CALLBACK_SET): LeadState.CALLBACK,
    (LeadState.WAITING_RETRY, LeadEvent.CALLBACK_SET): LeadState.CALLBACK,
    (LeadState.CALLBACK, LeadEvent.CALLBACK_SET): LeadState.CALLBACK,
    (LeadState.NEW, LeadEvent.BLOCKED): LeadState.BLOCKED,
    (LeadState.WAITING_RETRY, LeadEvent.BLOCKED): LeadState.BLOCKED,
    (LeadState.CALLBACK, LeadEvent.BLOCKED): LeadState.BLOCKED,
    (LeadState.NEW, LeadEvent.INVALIDATED): LeadState.INVALID,
    (LeadState.WAITING_RETRY, LeadEvent.INVALIDATED): LeadState.INVALID,
    (LeadState.CALLBACK, LeadEvent.INVALIDATED): LeadState.INVALID,
    # A disposition given after the call may ask for another one.
    (LeadState.DONE, LeadEvent.CALLBACK_SET): LeadState.CALLBACK,
    (LeadState.DONE, LeadEvent.RETRY_SET): LeadState.WAITING_RETRY,
    # Somebody recycles the list, lifts the block, or corrects the number.
    (LeadState.DONE, LeadEvent.REOPENED): LeadState.NEW,
    (LeadState.EXHAUSTED, LeadEvent.REOPENED): LeadState.NEW,
    (LeadState.BLOCKED, LeadEvent.REOPENED): LeadState.NEW,
    (LeadState.INVALID, LeadEvent.REOPENED): LeadState.NEW,
}


def decide(state: LeadState, event: LeadEvent) -> LeadState:
    """Return the state after `event`.

    Raises:
        IllegalLeadEvent: the table does not name the pair; the lead is unchanged.
    """
    target = TRANSITIONS.get((state, event))
    if target is None:
        possible = ", ".join(e for e in LeadEvent if (state, e) in TRANSITIONS)
        raise IllegalLeadEvent(f"{event} cannot happen to a lead that is {state}; possible: {possible}")
    return target
