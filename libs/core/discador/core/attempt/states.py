"""The states of an attempt and the outcomes it may end with."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where an attempt is between reservation and its end."""

    QUEUED = "queued"
    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    RINGING = "ringing"
    ANSWERED = "answered"
    WAITING = "waiting"
    CONNECTED = "connected"
    IN_DOUBT = "in_doubt"
    ENDED = "ended"

    @property
    def rank(self) -> int:
        """How far the attempt has come; a transition never lowers it.

        `in_doubt` stands beside the others, with the rank of what is certain about it: the intent was
        committed (`submitting`). How far it had come before the doubt is `AttemptView.reached`.
        """
        return _RANK[self]


_RANK: Final = {
    State.QUEUED: 0,
    State.SUBMITTING: 1,
    State.IN_DOUBT: 1,
    State.SUBMITTED: 2,
    State.RINGING: 3,
    State.ANSWERED: 4,
    State.WAITING: 5,
    State.CONNECTED: 6,
    State.ENDED: 7,
}


class Outcome(StrEnum):
    """What the network (or we ourselves) made of an attempt; set exactly once, when it ends."""

    CONNECTED = "connected"
    ABANDONED = "abandoned"
    MACHINE = "machine"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    CONGESTION = "congestion"
    REJECTED = "rejected"
    INVALID_NUMBER = "invalid_number"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"


#: Outcomes after which nobody's phone can have rung: the lead goes back as if nothing had happened.
NEVER_DIALLED: Final = frozenset({Outcome.BLOCKED, Outcome.CANCELLED, Outcome.EXPIRED, Outcome.REFUSED})

#: Outcomes that count as an attempt on the lead. The first few congestions of a lead are forgiven
#: (`RetryRule.free`), so whether one particular attempt counted is told by `LeadNext.counted`.
COUNTED: Final = frozenset(Outcome) - NEVER_DIALLED
