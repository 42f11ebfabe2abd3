"""What may happen to an attempt, as data: the specification of its life.

The three tables name every (state, event) pair exactly once; `docs/state-machines/attempt.md` is drawn from them.
"""

from __future__ import annotations

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
from discador.core.attempt.states import State

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

#: (state, event) → next state. `Adopted` leads to the state that it names; given here is the least it can be.
#: In `in_doubt` an event that tells nothing beyond what was seen before the doubt changes nothing.
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
    **{
        (state, Adopted): state if state.rank > State.SUBMITTED.rank else State.SUBMITTED
        for state in (*IN_FLIGHT, State.IN_DOUBT)
    },
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
