"""Life of an attempt, from the queue to its outcome.

`transitions` is the specification; this module applies it. Pure: no clock, no I/O.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from discador.core.attempt.events import (
    Adopted,
    Blocked,
    Cancelled,
    DoubtRaised,
    Event,
    Expired,
    Gated,
    HungUp,
    Lost,
    NotDialled,
    Pressed,
    Refused,
)
from discador.core.attempt.hangup_cause import describe, outcome_for
from discador.core.attempt.states import Outcome, State
from discador.core.attempt.transitions import IGNORED, ILLEGAL, TRANSITIONS
from discador.core.errors import IllegalEvent
from discador.core.mode import Mode

__all__ = ["IGNORED", "ILLEGAL", "TRANSITIONS", "AttemptView", "Decision", "decide"]

_OUTCOME: Final[dict[type[Event], Outcome]] = {
    Blocked: Outcome.BLOCKED,
    Cancelled: Outcome.CANCELLED,
    Expired: Outcome.EXPIRED,
    Refused: Outcome.REFUSED,
    NotDialled: Outcome.REFUSED,
    Lost: Outcome.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class AttemptView:
    """What `decide` must know of an attempt.

    `reached` is the furthest state seen before a doubt; it matters only while `in_doubt`, and defaults to
    `submitting`. Keep `Decision.reached` with the row, or derive it from the times of ringing, answer and
    connection.
    """

    state: State
    mode: Mode
    reached: State | None = None

    @property
    def furthest(self) -> State:
        """The furthest state known, doubt or no doubt."""
        if self.state is State.IN_DOUBT:
            return self.reached or State.SUBMITTING
        return self.state


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of the attempt.

    `outcome` is set exactly when this event ended it. `changed` is False for a late, repeated or overtaken
    event: nothing is to be written but the event itself, and nothing may be done (least of all an Originate).
    """

    state: State
    outcome: Outcome | None
    changed: bool
    detail: str
    reached: State
    at: datetime


def decide(attempt: AttemptView, event: Event, at: datetime) -> Decision:
    """Return what `event`, seen at `at` (aware), makes of `attempt`.

    Late, duplicate and reordered events are normal and harmless: rank only rises and `ended` is final.

    Raises:
        IllegalEvent: the pair is in `ILLEGAL`; record it and go on, the attempt is unchanged.
    """
    pair = (attempt.state, type(event))
    if pair in IGNORED:
        return _unchanged(attempt, event, at)
    target = TRANSITIONS.get(pair)
    if target is None:
        raise IllegalEvent(
            f"{type(event).__name__} cannot happen to an attempt that is {attempt.state}: "
            "the event belongs to another attempt, or the attempt was restored from a backup"
        )
    if isinstance(event, Adopted):
        target = event.state
    if isinstance(event, Gated) and at >= event.not_after:
        return _unchanged(attempt, event, at, "gate closed: its deadline has passed")
    if target is State.IN_DOUBT:
        return _moved(attempt, target, None, event, at)
    if target is not State.ENDED:
        if target.rank <= attempt.furthest.rank and not isinstance(event, Adopted):
            return _unchanged(attempt, event, at)
        # An adopted channel is alive: the doubt goes, but what was already seen of it stays.
        target = max(target, attempt.furthest, key=lambda state: state.rank)
        if target is attempt.state:
            return _unchanged(attempt, event, at)
        return _moved(attempt, target, None, event, at)
    if isinstance(event, HungUp):
        return _moved(attempt, target, _outcome_of_hangup(attempt, event), event, at)
    return _not_dialled(attempt, event, at)


def _outcome_of_hangup(attempt: AttemptView, event: HungUp) -> Outcome:
    if attempt.furthest is State.CONNECTED:
        return Outcome.CONNECTED
    # Our own sight of the answer outweighs a witness that missed it, and the reverse.
    answered = bool(event.answered) or attempt.furthest.rank >= State.ANSWERED.rank
    return outcome_for(event.cause, answered, attempt.mode)


def _not_dialled(attempt: AttemptView, event: Event, at: datetime) -> Decision:
    outcome = _OUTCOME[type(event)]
    if isinstance(event, NotDialled) and attempt.state is State.QUEUED:
        # A job nobody could carry out: it counts, so that a poisonous lead comes to an end.
        outcome = Outcome.FAILED
    elif outcome is Outcome.REFUSED and attempt.furthest.rank >= State.RINGING.rank:
        # Only from `in_doubt`: the far end had rung. A refusal speaks of a duplicate; a reconciler's "not
        # dialled" is no proof any more, and the doubt must still end.
        if isinstance(event, Refused):
            return _unchanged(attempt, event, at)
        outcome = Outcome.UNKNOWN
    return _moved(attempt, State.ENDED, outcome, event, at)


def _moved(attempt: AttemptView, target: State, outcome: Outcome | None, event: Event, at: datetime) -> Decision:
    reached = attempt.furthest if target in (State.IN_DOUBT, State.ENDED) else target
    return Decision(target, outcome, True, _detail(event), reached, at)


def _unchanged(attempt: AttemptView, event: Event, at: datetime, detail: str | None = None) -> Decision:
    return Decision(attempt.state, None, False, detail or _detail(event), attempt.furthest, at)


def _detail(event: Event) -> str:
    """Return a short text for the history: the event, and what it says beyond its name."""
    name = type(event).__name__
    match event:
        case HungUp(cause=cause):
            return f"{name}: cause {cause} {describe(cause).name}"
        case Pressed(digit=digit):
            return f"{name}: {digit}"
        case Adopted(state=state):
            return f"{name}: {state}"
        case Gated(worker=worker):
            return f"{name}: {worker}"
        case Refused() | DoubtRaised() | Lost() | NotDialled() | Cancelled() | Blocked():
            return f"{name}: {event.reason}" if event.reason else name
        case _:
            return name
