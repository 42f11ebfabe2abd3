"""What an outcome makes of a lead, and the lead's own table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discador.core.attempt import COUNTED, NEVER_DIALLED, BlockReason, Outcome
from discador.core.errors import IllegalLeadEvent, InvalidSettings
from discador.core.lead import (
    DIALLABLE,
    FINAL,
    UNKNOWN_FLOOR_S,
    LeadEvent,
    LeadState,
    RetryPolicy,
    RetryRule,
    after_attempt,
    decide,
)
from discador.core.lead.machine import TRANSITIONS
from discador.core.lead.retry_policy import UNRULED

AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
POLICY = RetryPolicy()
RETRIED = sorted(COUNTED - {Outcome.CONNECTED, Outcome.INVALID_NUMBER})
FAST = RetryPolicy(rules={}, default=RetryRule(0.1))

rules = st.builds(
    lambda delay_s, most, multiplier, more: RetryRule(delay_s, most, multiplier, delay_s + more),
    st.floats(0.1, 86_400),
    st.none() | st.integers(1, 100),
    st.floats(1, 10),
    st.floats(0, 86_400),
)
policies = st.builds(
    RetryPolicy,
    st.dictionaries(st.sampled_from(sorted(set(Outcome) - UNRULED)), rules),
    st.integers(1, 100),
    rules,
    st.integers(0, 10),
)


def after(outcome, policy=POLICY, attempts_before=0, same_outcome_before=0, **more):
    return after_attempt(
        policy, outcome, attempts_before=attempts_before, same_outcome_before=same_outcome_before, at=AT, **more
    )


def test_a_connected_lead_is_done():
    following = after(Outcome.CONNECTED)
    assert (following.state, following.due_at, following.counted) == (LeadState.DONE, None, True)


def test_an_unknown_number_is_never_dialled_again():
    following = after(Outcome.INVALID_NUMBER)
    assert (following.state, following.due_at, following.counted) == (LeadState.INVALID, None, True)


@pytest.mark.parametrize(
    ("outcome", "at_least", "at_most"),
    [
        (Outcome.BUSY, timedelta(minutes=15), timedelta(minutes=30)),
        (Outcome.NO_ANSWER, timedelta(hours=4), timedelta(hours=6)),
        (Outcome.MACHINE, timedelta(hours=18), timedelta(hours=24)),
        (Outcome.ABANDONED, timedelta(hours=72), timedelta(hours=72)),
        (Outcome.REJECTED, timedelta(hours=48), timedelta(hours=48)),
        (Outcome.CONGESTION, timedelta(minutes=1), timedelta(minutes=5)),
        (Outcome.UNKNOWN, timedelta(minutes=15), timedelta(hours=2)),
    ],
)
def test_the_defaults_wait_as_the_table_of_compliance_says(outcome, at_least, at_most):
    following = after(outcome)
    assert following.state is LeadState.WAITING_RETRY
    assert at_least <= following.due_at - AT <= at_most


def test_a_rejected_lead_is_tried_twice_at_most():
    assert after(Outcome.REJECTED, attempts_before=1, same_outcome_before=1).state is LeadState.EXHAUSTED


def test_the_last_attempt_allowed_exhausts_the_lead():
    assert after(Outcome.BUSY, attempts_before=8).state is LeadState.WAITING_RETRY
    exhausted = after(Outcome.BUSY, attempts_before=9)
    assert (exhausted.state, exhausted.due_at, exhausted.counted) == (LeadState.EXHAUSTED, None, True)
    assert exhausted.reason == "attempt 10 was the last allowed"


def test_delays_grow_up_to_their_bound():
    policy = RetryPolicy(rules={Outcome.BUSY: RetryRule(60, multiplier=2, max_delay_s=200)})
    delays = [after(Outcome.BUSY, policy, same_outcome_before=n).due_at - AT for n in range(4)]
    assert [delay.total_seconds() for delay in delays] == [60, 120, 200, 200]


@pytest.mark.parametrize("cause", [34, 38, 42, None])
def test_the_first_congestions_of_the_network_are_forgiven_and_later_ones_count(cause):
    counted = [after(Outcome.CONGESTION, same_outcome_before=n, cause=cause).counted for n in range(7)]
    assert counted == [False] * 5 + [True] * 2


@pytest.mark.parametrize("cause", [41, 44, 47])
def test_other_congestions_count_at_once(cause):
    assert after(Outcome.CONGESTION, cause=cause).counted


def test_a_forgiven_congestion_does_not_exhaust_a_lead():
    assert after(Outcome.CONGESTION, attempts_before=9, cause=34).state is LeadState.WAITING_RETRY


def test_a_lost_attempt_waits_a_quarter_of_an_hour_whatever_the_policy():
    assert after(Outcome.UNKNOWN, FAST).due_at == AT + timedelta(seconds=UNKNOWN_FLOOR_S)
    assert after(Outcome.BUSY, FAST).due_at == AT + timedelta(seconds=0.1)


@pytest.mark.parametrize("outcome", [Outcome.CANCELLED, Outcome.EXPIRED])
def test_an_attempt_taken_back_returns_the_lead_at_once(outcome):
    fresh = after(outcome)
    assert (fresh.state, fresh.due_at, fresh.counted) == (LeadState.NEW, AT, False)
    assert after(outcome, attempts_before=1).state is LeadState.WAITING_RETRY
    assert after(outcome, attempts_before=1, origin=LeadState.CALLBACK).state is LeadState.CALLBACK


def test_a_refused_originate_is_tried_again_after_a_while_and_not_counted():
    following = after(Outcome.REFUSED, attempts_before=9, same_outcome_before=1000)
    assert (following.state, following.counted) == (LeadState.WAITING_RETRY, False)
    assert following.due_at > AT


def test_a_number_on_the_do_not_call_list_blocks_the_lead():
    following = after(Outcome.BLOCKED, block_reason="dnc")
    assert (following.state, following.due_at, following.reason) == (LeadState.BLOCKED, None, "dnc")


def test_a_number_that_fails_the_last_check_is_invalid():
    assert after(Outcome.BLOCKED, block_reason=BlockReason.NUMBER_INVALID).state is LeadState.INVALID


@pytest.mark.parametrize("reason", ["calling_window", "daily_cap", "something else"])
def test_a_passing_obstacle_returns_the_lead_for_when_it_has_passed(reason):
    known = after(Outcome.BLOCKED, block_reason=reason, not_before=AT + timedelta(hours=9))
    assert (known.state, known.due_at, known.reason) == (LeadState.NEW, AT + timedelta(hours=9), reason)
    assert after(Outcome.BLOCKED, block_reason=reason).due_at == AT + timedelta(minutes=1)


def test_a_retry_waits_for_the_window_as_well():
    assert after(Outcome.BUSY, not_before=AT + timedelta(days=1)).due_at == AT + timedelta(days=1)
    assert after(Outcome.BUSY, not_before=AT).due_at == AT + timedelta(minutes=20)


@given(policies, st.sampled_from(Outcome), st.integers(0, 200), st.integers(0, 5000), st.sampled_from([None, 34, 41]))
def test_no_lead_is_lost_and_none_is_dialled_for_ever(policy, outcome, attempts, same, cause):
    following = after(outcome, policy, attempts, same, cause=cause)
    assert following.state is not LeadState.RESERVED
    assert (following.due_at is not None) == (following.state in DIALLABLE)
    if following.due_at is not None:
        assert following.due_at >= AT
    if outcome in NEVER_DIALLED:
        assert not following.counted
    elif following.counted and attempts + 1 >= policy.max_attempts_per_lead:
        assert following.state in FINAL
    if outcome is Outcome.UNKNOWN and following.due_at is not None:
        assert following.due_at >= AT + timedelta(minutes=15)


@given(policies, st.lists(st.sampled_from(RETRIED), min_size=120, max_size=120))
def test_a_lead_that_is_never_reached_comes_to_an_end(policy, outcomes):
    attempts, tried = 0, dict.fromkeys(Outcome, 0)
    for outcome in outcomes:
        following = after(outcome, policy, attempts, tried[outcome])
        tried[outcome] += 1
        attempts += following.counted
        if following.state in FINAL:
            break
    else:
        pytest.fail("a hundred and twenty attempts and no end")
    assert attempts <= policy.max_attempts_per_lead


@given(policies)
def test_a_policy_reads_back_from_its_json(policy):
    assert RetryPolicy.from_json(policy.to_json()) == policy


def test_an_empty_document_is_the_default_policy():
    assert RetryPolicy.from_json("{}") == POLICY


def test_all_faults_of_a_policy_are_told_at_once():
    document = {
        "rules": {
            "busy": {"delay_s": 0.01, "max_attempts": 0, "multiplier": 0.5},
            "no_answer": {"delay_s": "1", "colour": 1},
            "sleepy": {},
        },
        "max_attempts_per_lead": 0,
        "free_congestions": -1,
        "default": {"delay_s": 10, "max_delay_s": 5},
    }
    with pytest.raises(InvalidSettings) as caught:
        RetryPolicy.from_json(document)
    assert caught.value.error_id == "settings-invalid"
    assert {fault.path for fault in caught.value.faults} == {
        "rules.busy.delay_s",
        "rules.busy.max_attempts",
        "rules.busy.multiplier",
        "rules.no_answer.delay_s",
        "rules.no_answer.colour",
        "rules.sleepy",
        "default.max_delay_s",
        "max_attempts_per_lead",
        "free_congestions",
    }


@pytest.mark.parametrize("outcome", sorted(UNRULED))
def test_an_outcome_that_closes_or_returns_the_lead_takes_no_rule(outcome):
    with pytest.raises(InvalidSettings, match=f"rules.{outcome}: takes no rule"):
        RetryPolicy(rules={outcome: RetryRule(60)})


@pytest.mark.parametrize("state", LeadState)
@pytest.mark.parametrize("event", LeadEvent)
def test_every_pair_of_lead_state_and_event_is_decided_or_illegal(state, event):
    if (state, event) in TRANSITIONS:
        assert decide(state, event) is TRANSITIONS[state, event]
    else:
        with pytest.raises(IllegalLeadEvent, match=f"{event} cannot happen to a lead that is {state}"):
            decide(state, event)


def test_only_diallable_leads_are_reserved_and_final_ones_only_reopened_or_disposed_anew():
    assert {state for state, event in TRANSITIONS if event is LeadEvent.RESERVED} == DIALLABLE
    assert FINAL | DIALLABLE | {LeadState.RESERVED} == set(LeadState)
    for state in FINAL - {LeadState.DONE}:
        assert [event for source, event in TRANSITIONS if source is state] == [LeadEvent.REOPENED]


@given(policies, st.sampled_from(Outcome), st.integers(0, 100), st.sampled_from(["", "dnc", "number_invalid"]))
def test_the_table_lets_a_reserved_lead_go_wherever_an_attempt_may_send_it(policy, outcome, attempts, reason):
    reachable = {target for (state, _), target in TRANSITIONS.items() if state is LeadState.RESERVED}
    assert after(outcome, policy, attempts, block_reason=reason).state in reachable
