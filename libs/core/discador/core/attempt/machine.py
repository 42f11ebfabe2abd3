"""Life of one attempt, from the queue to its outcome.

The three tables below are the specification, and together they name every (state, event) pair exactly once;
`docs/state-machines/attempt.md` is drawn from them. Pure: no clock, no I/O.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Final

from discador.core.attempt.events import (
    EVENTS,
    Accepted,
    Adopted,
    Answered,
    Blocked,
    Cancelled,
    Connected,
    DoubtRaised,
    Event,
    Expired,
    Gated,
    HungUp,
    Lost,
    NotDialled,
    Pressed,
    Refused,
    Ringing,
    Waiting,
)
from discador.core.attempt.hangup_cause import describe, outcome_for
from discador.core.attempt.states import Outcome, State
from discador.core.errors import IllegalEvent
from discador.core.mode import Mode

Pair = tuple[State, type[Event]]

#: Between the intent and the end: an Originate may be on its way, or a channel alive.
IN_FLIGHT: Final = (
    State.SUBMITTING,
    State.SUBMITTED,
    State.RINGING,
    State.ANSWERED,
    State.WAITING,
    State.CONNECTED,
)

_PROGRESS: Final[dict[type[Event], State]] = {
    Accepted: State.SUBMITTED,
    Ringing: State.RINGING,
    Answered: State.ANSWERED,
    Waiting: State.WAITING,
    Connected: State.CONNECTED,
}

#: (state, event) → next state. The target of `Adopted` is the state that the event names; the one given here
#: is the least of them. From `in_doubt` an event that tells nothing new leaves the doubt.
TRANSITIONS: Final[dict[Pair, State]] = {
    (State.QUEUED, Gated): State.SUBMITTING,
    (State.QUEUED, Blocked): State.ENDED,
    (State.QUEUED, Cancelled): State.ENDED,
    (State.QUEUED, Expired): State.ENDED,
    (State.QUEUED, NotDialled): State.ENDED,  # a job that no worker could carry out
    **{
        (state, event): target
        for state, (event, target) in product((*IN_FLIGHT, State.IN_DOUBT), _PROGRESS.items())
        if target.rank > state.rank
    },
    **{(state, Adopted): State.SUBMITTED for state in (*IN_FLIGHT, State.IN_DOUBT)},
    **{(state, HungUp): State.ENDED for state in (*IN_FLIGHT, State.IN_DOUBT)},
    **{(state, DoubtRaised): State.IN_DOUBT for state in IN_FLIGHT},
    # The guard at Asterisk refuses after the Originate was accepted, so `submitted` may still be refused.
    **{
        (state, event): State.ENDED
        for state in (State.SUBMITTING, State.SUBMITTED, State.IN_DOUBT)
        for event in (Refused, NotDialled)
    },
    (State.IN_DOUBT, Lost): State.ENDED,
}

#: Late, repeated or overtaken: nothing changes.
IGNORED: Final[frozenset[Pair]] = frozenset(
    {
        # What has ended stays ended.
        *((State.ENDED, event) for event in EVENTS),
        # The gate had been passed before (a job delivered twice, a pause that came too late).
        *((state, event) for state in (*IN_FLIGHT, State.IN_DOUBT) for event in (Gated, Cancelled, Expired, Blocked)),
        # Overtaken by an event of higher rank.
        *(
            (state, event)
            for state, (event, target) in product(IN_FLIGHT, _PROGRESS.items())
            if target.rank <= state.rank
        ),
        # A key is recorded with the attempt; it moves nothing.
        *((state, Pressed) for state in (*IN_FLIGHT, State.IN_DOUBT)),
        # Life at the far end was seen: whoever says "never dialled" is late or speaks of a refused duplicate.
        *(
            (state, event)
            for state in (State.RINGING, State.ANSWERED, State.WAITING, State.CONNECTED)
            for event in (Refused, NotDialled)
        ),
        # The doubt was lifted while the reconciler gave up.
        *((state, Lost) for state in IN_FLIGHT if state is not State.SUBMITTING),
        (State.IN_DOUBT, DoubtRaised),
    }
)

#: No order of honest events leads here: there was no intent, or nobody had raised a doubt.
ILLEGAL: Final[frozenset[Pair]] = frozenset(
    {
        *((State.QUEUED, event) for event in (*_PROGRESS, Refused, HungUp, Pressed, DoubtRaised, Adopted, Lost)),
        (State.SUBMITTING, Lost),
    }
)

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
