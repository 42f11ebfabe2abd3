from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discador.core.attempt import AttemptView, Outcome, State, decide
from discador.core.attempt.events import Adopted, Answered, DoubtRaised, HungUp, Lost, NotDialled, Pressed
from discador.core.campaign import Mode
from discador.core.errors import IllegalEvent
from discador.maintenance.settle import Settled, lose, settle
from discador.store.records import Attempt
from discador.v1 import gateway_pb2 as wire
from tests.unit.worker.worker_kit import NOON, attempt

NOT_AFTER = NOON + timedelta(seconds=10)
GRACE_S = 5.0
LATER = NOT_AFTER + timedelta(seconds=6)
#: States that `in_question` asks about.
ASKED = [State.SUBMITTING, State.SUBMITTED, State.RINGING, State.ANSWERED, State.CONNECTED, State.IN_DOUBT]


def in_question(state: State, **changes: Any) -> Attempt:
    fields = {"state": state, "reached": state, "submitting_at": NOON, "not_after": NOT_AFTER, **changes}
    return attempt(**fields)


def fate(kind: wire.Fate, **fields: Any) -> wire.AttemptFate:
    made = wire.AttemptFate(fate=kind, source="memory")
    for name, value in fields.items():
        if isinstance(value, datetime):
            getattr(made, name).FromDatetime(value)
        else:
            setattr(made, name, value)
    return made


def events(settlement: Any) -> list[Any]:
    return [happening.event for happening in settlement.happenings]


def test_an_attempt_in_doubt_whose_channel_lives_is_adopted() -> None:
    doubtful = in_question(State.IN_DOUBT)
    ringing, talking = fate(wire.FATE_LIVE), fate(wire.FATE_LIVE, answered=True, answered_at=NOON)
    assert settle(doubtful, ringing, LATER, GRACE_S).settled is Settled.ADOPTED
    assert events(settle(doubtful, ringing, LATER, GRACE_S)) == [Adopted(State.SUBMITTED)]
    assert events(settle(doubtful, talking, LATER, GRACE_S)) == [Adopted(State.ANSWERED)]


@pytest.mark.parametrize("state", [State.ANSWERED, State.CONNECTED, State.RINGING, State.SUBMITTED])
def test_a_call_that_lives_as_it_is_recorded_is_left_alone(state: State) -> None:
    found = fate(wire.FATE_LIVE, answered=state in (State.ANSWERED, State.CONNECTED))
    assert settle(in_question(state), found, LATER, GRACE_S).happenings == ()


def test_an_end_that_nobody_heard_of_is_recorded_with_its_cause_its_time_and_its_answer() -> None:
    ended = fate(wire.FATE_ENDED, hangup_cause=16, answered=True, answered_at=NOON, ended_at=LATER)
    settlement = settle(in_question(State.IN_DOUBT), ended, LATER + timedelta(minutes=1), GRACE_S)
    assert events(settlement) == [Answered(), HungUp(16, True)]
    assert [happening.at for happening in settlement.happenings] == [NOON, LATER]
    assert settlement.settled is Settled.ENDED


def test_keys_that_were_pressed_while_nobody_listened_are_recorded_before_the_end_and_only_once() -> None:
    ended = fate(wire.FATE_ENDED, hangup_cause=16, answered=True, digits="19", ended_at=LATER)
    known = in_question(State.ANSWERED, digits="1", answered_at=NOON)
    assert events(settle(known, ended, LATER, GRACE_S)) == [Pressed("9"), HungUp(16, True)]


def test_what_was_proven_not_dialled_ends_as_such_once_no_originate_can_be_under_way_any_more() -> None:
    early = settle(in_question(State.IN_DOUBT), fate(wire.FATE_NOT_DIALLED), NOT_AFTER, GRACE_S)
    assert early.happenings == ()
    settlement = settle(in_question(State.IN_DOUBT), fate(wire.FATE_NOT_DIALLED), LATER, GRACE_S)
    assert [type(event) for event in events(settlement)] == [NotDialled]
    assert settlement.settled is Settled.NOT_DIALLED


def test_no_trace_means_lost_only_after_the_deadline_for_dialling_and_its_grace() -> None:
    doubtful, nothing = in_question(State.IN_DOUBT), fate(wire.FATE_NO_TRACE)
    for moment in (NOON, NOT_AFTER, NOT_AFTER + timedelta(seconds=GRACE_S)):
        assert settle(doubtful, nothing, moment, GRACE_S).settled is None
    settlement = settle(doubtful, nothing, LATER, GRACE_S)
    assert ([type(event) for event in events(settlement)], settlement.settled) == ([Lost], Settled.LOST)


@pytest.mark.parametrize("state", [state for state in ASKED if state is not State.IN_DOUBT])
def test_no_trace_of_a_call_that_was_seen_makes_a_doubt_first(state: State) -> None:
    settlement = settle(in_question(state), fate(wire.FATE_NO_TRACE), LATER, GRACE_S)
    assert ([type(event) for event in events(settlement)], settlement.settled) == ([DoubtRaised], None)


@given(unknown=st.integers(0, 9).filter(lambda f: f not in (1, 2, 3, 4)), state=st.sampled_from(ASKED))
def test_what_a_gateway_cannot_tell_stays_as_it_is(unknown: int, state: State) -> None:
    assert settle(in_question(state), wire.AttemptFate(fate=unknown), LATER, GRACE_S).happenings == ()  # type: ignore[arg-type]


@given(
    state=st.sampled_from(ASKED),
    kind=st.sampled_from([1, 2, 3, 4, 5]),
    answered=st.booleans(),
    cause=st.integers(0, 127),
    digits=st.text("0123456789*#", max_size=3),
)
def test_no_settlement_is_illegal_and_each_means_what_it_says(
    state: State, kind: int, answered: bool, cause: int, digits: str
) -> None:
    told = wire.AttemptFate(fate=kind, answered=answered, hangup_cause=cause, digits=digits)  # type: ignore[arg-type]
    settlement = settle(in_question(state), told, LATER, GRACE_S)
    view, outcome = AttemptView(state, Mode.BROADCAST), None
    for happening in settlement.happenings:
        try:
            decision = decide(view, happening.event, happening.at)
        except IllegalEvent as error:
            raise AssertionError(f"{state}: {error}") from None
        view = AttemptView(decision.state, Mode.BROADCAST, decision.reached)
        outcome = outcome or decision.outcome
    if settlement.settled in (Settled.ENDED, Settled.NOT_DIALLED):
        assert view.state is State.ENDED
    if settlement.settled is Settled.LOST:
        assert outcome is Outcome.UNKNOWN
    if settlement.settled in (None, Settled.ADOPTED):
        assert view.state is not State.ENDED


@pytest.mark.parametrize("state", ASKED)
def test_giving_a_node_up_ends_whatever_was_in_question_there(state: State) -> None:
    view = AttemptView(state, Mode.BROADCAST)
    for happening in lose(in_question(state), "node n was out of reach", datetime.now(UTC)).happenings:
        decision = decide(view, happening.event, happening.at)
        view = AttemptView(decision.state, Mode.BROADCAST, decision.reached)
    assert (view.state, decision.outcome) == (State.ENDED, Outcome.UNKNOWN)
