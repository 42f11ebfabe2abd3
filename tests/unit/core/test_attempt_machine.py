"""The attempt machine: total, final, monotone, and right about outcomes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discador.core.attempt import AttemptView, Outcome, State, decide
from discador.core.attempt.events import (
    ADOPTABLE,
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
from discador.core.attempt.transitions import IGNORED, ILLEGAL, IN_FLIGHT, TRANSITIONS
from discador.core.errors import IllegalEvent
from discador.core.mode import Mode

AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
LATER = AT + timedelta(seconds=10)
AGENT_MODES = [mode for mode in Mode if mode is not Mode.BROADCAST]

EXAMPLES: dict[type[Event], Event] = {
    Gated: Gated("worker-1", LATER),
    HungUp: HungUp(16),
    Pressed: Pressed("9"),
    Adopted: Adopted(State.RINGING),
    Blocked: Blocked("dnc"),
}


def example(event: type[Event]) -> Event:
    return EXAMPLES[event] if event in EXAMPLES else event()


def seen(attempt: AttemptView, *events: Event) -> tuple[AttemptView, list[Outcome]]:
    """Return the attempt after `events`, and the outcomes that were decided on the way."""
    outcomes = []
    for event in events:
        decision = decide(attempt, event, AT)
        if decision.outcome is not None:
            outcomes.append(decision.outcome)
        attempt = AttemptView(decision.state, attempt.mode, decision.reached)
    return attempt, outcomes


def outcome_after(*events: Event, mode: Mode = Mode.POWER, state: State = State.SUBMITTING) -> Outcome | None:
    _, outcomes = seen(AttemptView(state, mode), *events)
    assert len(outcomes) <= 1
    return outcomes[0] if outcomes else None


def test_the_three_tables_name_every_state_and_event_exactly_once():
    everything = {(state, event) for state in State for event in EVENTS}
    tables = [set(TRANSITIONS), set(IGNORED), set(ILLEGAL)]
    assert set.union(*tables) == everything
    assert sum(len(table) for table in tables) == len(everything)


def test_every_event_class_is_in_the_list_of_events():
    assert set(Event.__args__) == set(EVENTS)


@pytest.mark.parametrize("mode", Mode)
def test_every_pair_is_decided_or_illegal_as_its_table_says(mode):
    for state in State:
        for event in EVENTS:
            attempt = AttemptView(state, mode)
            if (state, event) in ILLEGAL:
                with pytest.raises(IllegalEvent) as caught:
                    decide(attempt, example(event), AT)
                assert caught.value.error_id == "attempt-illegal-event"
                continue
            decision = decide(attempt, example(event), AT)
            assert decision.at == AT
            assert decision.changed == (decision.state is not state)
            assert (decision.outcome is not None) == (decision.changed and decision.state is State.ENDED)
            if (state, event) in IGNORED:
                assert not decision.changed


def test_only_ended_is_the_end():
    assert all(target is not State.QUEUED for target in TRANSITIONS.values())
    assert not [pair for pair in TRANSITIONS if pair[0] is State.ENDED]


def hangups() -> st.SearchStrategy[Event]:
    causes = st.sampled_from([0, 1, 16, 17, 19, 21, 34, 127, 200])
    return st.builds(HungUp, causes, st.sampled_from([None, True, False]))


def events() -> st.SearchStrategy[Event]:
    plain = [
        Accepted(), Refused("AMI error"), Ringing(), Answered(), Waiting(), Connected(), Pressed("1"),
        DoubtRaised("gateway restarted"), NotDialled("guard"), Cancelled("pause"), Expired(), Blocked("window"),
        Gated("worker-2", LATER),
    ]  # fmt: skip
    return st.one_of(
        st.sampled_from(plain),
        hangups(),
        st.builds(Adopted, st.sampled_from(ADOPTABLE)),
        st.just(Lost("no trace")),
    )


@given(st.sampled_from(Mode), st.lists(events(), max_size=14), hangups())
def test_an_attempt_ends_exactly_once_whatever_the_order_of_events(mode, before, hangup):
    attempt = AttemptView(State.SUBMITTING, mode)
    outcomes = []
    furthest = attempt.furthest.rank
    for event in [*before, hangup]:
        try:
            decision = decide(attempt, event, AT)
        except IllegalEvent:
            assert (attempt.state, type(event)) in ILLEGAL
            continue
        if attempt.state is State.ENDED:
            assert not decision.changed
        assert decision.reached.rank >= furthest or decision.state is State.ENDED
        if decision.outcome is not None:
            outcomes.append(decision.outcome)
        attempt = AttemptView(decision.state, mode, decision.reached)
        furthest = attempt.furthest.rank
    assert attempt.state is State.ENDED
    assert len(outcomes) == 1


@given(st.sampled_from(Mode), st.permutations([Accepted(), Ringing(), Answered(), Connected()]), st.data())
def test_a_connected_call_is_connected_whatever_the_order_and_repetition_of_its_events(mode, order, data):
    again = data.draw(st.lists(st.sampled_from(order), max_size=4))
    assert outcome_after(*order, *again, HungUp(16, True), *order, mode=mode) is Outcome.CONNECTED


@given(st.lists(st.sampled_from([Gated("w", LATER), Cancelled(), Expired(), Blocked("dnc")]), max_size=6))
def test_after_the_gate_no_command_and_no_second_gate_changes_anything(late):
    for state in (*IN_FLIGHT, State.IN_DOUBT):
        attempt, outcomes = seen(AttemptView(state, Mode.BROADCAST), *late)
        assert attempt.state is state
        assert not outcomes


def test_the_gate_opens_once():
    queued = AttemptView(State.QUEUED, Mode.BROADCAST)
    first = decide(queued, Gated("worker-1", LATER), AT)
    assert (first.state, first.changed, first.detail) == (State.SUBMITTING, True, "Gated: worker-1")
    second = decide(AttemptView(first.state, Mode.BROADCAST), Gated("worker-2", LATER), AT)
    assert not second.changed


def test_a_gate_whose_deadline_has_passed_stays_shut():
    decision = decide(AttemptView(State.QUEUED, Mode.BROADCAST), Gated("worker-1", AT), AT)
    assert (decision.state, decision.changed) == (State.QUEUED, False)
    assert "deadline" in decision.detail


@pytest.mark.parametrize(
    ("event", "outcome"),
    [
        (Cancelled("pause"), Outcome.CANCELLED),
        (Expired(), Outcome.EXPIRED),
        (Blocked("dnc"), Outcome.BLOCKED),
        (NotDialled("delivered four times"), Outcome.FAILED),
    ],
)
def test_a_queued_attempt_ends_without_a_call(event, outcome):
    assert outcome_after(event, state=State.QUEUED) is outcome


@pytest.mark.parametrize("state", [State.SUBMITTING, State.SUBMITTED])
@pytest.mark.parametrize("event", [Refused("AMI error"), NotDialled("guard")])
def test_a_refused_originate_is_refused_also_after_asterisk_accepted_it(state, event):
    assert outcome_after(event, state=state) is Outcome.REFUSED


@pytest.mark.parametrize("state", [State.RINGING, State.ANSWERED, State.WAITING, State.CONNECTED])
def test_the_refusal_of_a_duplicate_does_not_end_a_living_call(state):
    attempt, outcomes = seen(AttemptView(state, Mode.POWER), Refused("duplicate id"), NotDialled())
    assert (attempt.state, outcomes) == (state, [])


def test_a_hangup_with_cause_17_before_answer_is_busy():
    assert outcome_after(Accepted(), Ringing(), HungUp(17, False)) is Outcome.BUSY


@pytest.mark.parametrize("mode", AGENT_MODES)
def test_an_answered_call_that_met_no_agent_is_abandoned(mode):
    assert outcome_after(Answered(), Waiting(), HungUp(16, True), mode=mode) is Outcome.ABANDONED


@pytest.mark.parametrize("cause", [0, 16, 127])
def test_an_answered_broadcast_call_is_connected_whatever_its_cause(cause):
    assert outcome_after(Answered(), HungUp(cause), mode=Mode.BROADCAST) is Outcome.CONNECTED


def test_a_lost_answer_is_told_by_the_hangup():
    assert outcome_after(Ringing(), HungUp(16, True), mode=Mode.BROADCAST) is Outcome.CONNECTED


def test_our_own_sight_of_the_answer_outweighs_a_witness_that_missed_it():
    assert outcome_after(Answered(), HungUp(16, False), mode=Mode.BROADCAST) is Outcome.CONNECTED


def test_a_key_is_told_and_changes_nothing():
    decision = decide(AttemptView(State.ANSWERED, Mode.BROADCAST), Pressed("9"), AT)
    assert (decision.changed, decision.detail) == (False, "Pressed: 9")


def test_a_doubt_keeps_what_was_reached():
    attempt, _ = seen(AttemptView(State.SUBMITTING, Mode.POWER), Connected(), DoubtRaised("AMI lost"))
    assert attempt == AttemptView(State.IN_DOUBT, Mode.POWER, State.CONNECTED)
    assert outcome_after(Connected(), DoubtRaised(), HungUp(16)) is Outcome.CONNECTED


def test_a_doubt_is_lifted_by_news_and_not_by_repetitions():
    doubt = (Ringing(), DoubtRaised("gateway restarted"))
    repeated, _ = seen(AttemptView(State.SUBMITTING, Mode.POWER), *doubt, Accepted(), Ringing(), DoubtRaised())
    assert repeated.state is State.IN_DOUBT
    news, _ = seen(repeated, Answered())
    assert news.state is State.ANSWERED


def test_an_adopted_channel_keeps_what_was_seen_of_it():
    doubt = (Answered(), DoubtRaised())
    attempt, _ = seen(AttemptView(State.SUBMITTING, Mode.POWER), *doubt, Adopted(State.RINGING))
    assert attempt.state is State.ANSWERED
    attempt, _ = seen(attempt, Adopted(State.CONNECTED))
    assert attempt.state is State.CONNECTED


def test_a_channel_cannot_be_adopted_into_a_state_without_channel():
    with pytest.raises(ValueError, match="a live channel cannot be ended"):
        Adopted(State.ENDED)


@pytest.mark.parametrize(
    ("events", "outcome"),
    [
        ((Lost("no trace"),), Outcome.UNKNOWN),
        ((NotDialled("not in the CDR"),), Outcome.REFUSED),
        ((Refused("guard"),), Outcome.REFUSED),
        ((HungUp(17, False),), Outcome.BUSY),
    ],
)
def test_a_doubt_is_settled(events, outcome):
    assert outcome_after(DoubtRaised("NOT_AFTER passed"), *events) is outcome


def test_a_call_that_rang_cannot_be_proven_not_dialled_yet_its_doubt_ends():
    assert outcome_after(Ringing(), DoubtRaised(), NotDialled()) is Outcome.UNKNOWN
    assert outcome_after(Ringing(), DoubtRaised(), Refused("duplicate")) is None


def test_a_doubt_without_record_of_what_was_reached_starts_at_the_intent():
    assert AttemptView(State.IN_DOUBT, Mode.POWER).furthest is State.SUBMITTING


def test_details_say_what_the_event_says():
    ringing = AttemptView(State.RINGING, Mode.POWER)
    assert decide(ringing, HungUp(17), AT).detail == "HungUp: cause 17 user_busy"
    assert decide(ringing, DoubtRaised("AMI lost"), AT).detail == "DoubtRaised: AMI lost"
    assert decide(ringing, DoubtRaised(), AT).detail == "DoubtRaised"
    assert decide(ringing, Adopted(State.ANSWERED), AT).detail == "Adopted: answered"
    assert decide(ringing, Answered(), AT).detail == "Answered"


def test_ranks_rise_along_the_life_of_an_attempt():
    life = [State.QUEUED, *IN_FLIGHT, State.ENDED]
    assert [state.rank for state in life] == sorted({state.rank for state in life})
    assert State.IN_DOUBT.rank == State.SUBMITTING.rank
