"""Progress: events in any order and any number of times lead to one outcome, with all that follows from it."""

from __future__ import annotations

import random
import uuid
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tuned
from hypothesis import strategies as st

from discador.core.attempt import Outcome, State
from discador.core.attempt.events import (
    Accepted,
    Adopted,
    Answered,
    Cancelled,
    Connected,
    DoubtRaised,
    Event,
    Expired,
    HungUp,
    Lost,
    NotDialled,
    Pressed,
    Refused,
    Ringing,
)
from discador.core.lead import LeadState
from discador.store.records import Happening, NewLead
from tests.contract.store.world import ZONE, World, at_once


def test_a_call_goes_through_its_states(world: World) -> None:
    attempt_id = world.dial(world.campaign(leads=1))[0]
    applied = world.tell(attempt_id, Accepted(), Ringing(), Answered(), HungUp(16, True), seq=1)
    assert [(each.before, each.attempt.state, each.changed, each.ended) for each in applied if each.attempt] == [
        ("submitting", "submitted", True, False),
        ("submitted", "ringing", True, False),
        ("ringing", "answered", True, False),
        ("answered", "ended", True, True),
    ]
    attempt, events = world.store.attempts.get(attempt_id)
    assert (attempt.outcome, attempt.hangup_cause, attempt.reached) == (Outcome.CONNECTED, 16, State.ANSWERED)
    assert attempt.submitting_at <= attempt.ringing_at <= attempt.answered_at <= attempt.ended_at  # type: ignore[operator]
    assert [(event.seq, event.kind) for event in events] == [
        (1, "accepted"),
        (2, "ringing"),
        (3, "answered"),
        (4, "hungup"),
    ]
    lead = world.lead_of(attempt_id)
    assert (lead.state, lead.attempts, lead.last_outcome, lead.outcome_counts) == (
        "done",
        1,
        "connected",
        {"connected": 1},
    )
    world.check()


def test_events_applied_again_change_nothing(world: World) -> None:
    campaign = world.campaign(leads=1)
    attempt_id = world.dial(campaign)[0]
    for _ in range(3):
        last = world.tell(attempt_id, Ringing(), Pressed("1"), HungUp(17, False), seq=1)
    assert [(each.changed, each.ended, each.illegal) for each in last] == [(False, False, None)] * 3
    attempt, events = world.store.attempts.get(attempt_id)
    assert (attempt.digits, len(events)) == ("1", 3)
    assert world.store.campaigns.counters(campaign.id)[1][Outcome.BUSY] == 1
    world.check()


def test_the_same_event_twice_in_one_batch_counts_once(world: World) -> None:
    attempt_id = world.dial(world.campaign(leads=1))[0]
    now = world.store.ping()
    press = Happening(attempt_id, Pressed("1"), now, 7, "pressed")
    world.store.progress.apply([press, press])
    assert world.store.attempts.get(attempt_id)[0].digits == "1"


def test_overtaken_events_do_not_lower_the_state(world: World) -> None:
    attempt_id = world.dial(world.campaign(leads=1))[0]
    world.tell(attempt_id, Answered(), Ringing(), Accepted(), seq=1)
    assert world.store.attempts.get(attempt_id)[0].state is State.ANSWERED


def test_a_busy_number_is_tried_again_by_the_retry_rules(world: World) -> None:
    campaign = world.campaign(leads=1)
    attempt_id = world.dial(campaign)[0]
    world.tell(attempt_id, HungUp(17, False))
    attempt, lead = world.store.attempts.get(attempt_id)[0], world.lead_of(attempt_id)
    assert attempt.ended_at is not None
    assert lead.state is LeadState.WAITING_RETRY
    assert lead.due_at == attempt.ended_at + timedelta(minutes=20)
    assert world.reserve(campaign, 1) == []
    world.make_due(lead.id)
    assert world.store.reservation.promote(campaign.id) == 1
    assert world.reserve(campaign, 1)[0].no == 2
    world.check()


@pytest.mark.parametrize("event", [Cancelled("pause"), Expired()])
def test_a_queued_attempt_that_is_taken_back_returns_its_lead_uncounted(world: World, event: Event) -> None:
    campaign = world.campaign(leads=1)
    reserved = world.reserve(campaign, 1)[0]
    applied = world.tell(reserved.attempt_id, event)[0]
    assert applied.ended
    lead = world.store.leads.get(reserved.lead_id)
    assert (lead.state, lead.attempts) == (LeadState.NEW, 0)
    assert world.gate([reserved.attempt_id]).missed == [reserved.attempt_id]
    world.check()


def test_a_cancellation_after_the_gate_is_too_late(world: World) -> None:
    attempt_id = world.dial(world.campaign(leads=1))[0]
    applied = world.tell(attempt_id, Cancelled("pause"))[0]
    assert (applied.changed, applied.illegal) == (False, None)
    assert world.store.attempts.get(attempt_id) == (applied.attempt, [])


def test_doubt_is_settled_either_way(world: World) -> None:
    campaign = world.campaign(leads=3)
    adopted, lost, refused = world.dial(campaign, 3)
    for attempt_id in (adopted, lost, refused):
        world.tell(attempt_id, DoubtRaised("gateway restarted"))
    world.tell(adopted, Adopted(State.ANSWERED))
    world.tell(lost, Lost("no trace"))
    world.tell(refused, NotDialled("CDR"))
    states = [world.store.attempts.get(each)[0] for each in (adopted, lost, refused)]
    assert [(each.state, each.outcome) for each in states] == [
        (State.ANSWERED, None),
        (State.ENDED, Outcome.UNKNOWN),
        (State.ENDED, Outcome.REFUSED),
    ]
    lead = world.lead_of(lost)
    assert lead.attempts == 1
    assert lead.due_at is not None
    assert lead.due_at >= world.store.ping() + timedelta(minutes=14)
    world.check()


def test_unknown_attempts_and_illegal_events_are_reported_and_the_rest_is_applied(world: World) -> None:
    campaign = world.campaign(leads=2)
    queued = world.reserve(campaign, 1)[0].attempt_id
    dialled = world.dial(campaign)[0]
    now = world.store.ping()
    applied = world.store.progress.apply(
        [
            Happening(uuid.uuid4(), Ringing(), now, 1, "ringing"),
            Happening(queued, Ringing(), now, 1, "ringing"),
            Happening(dialled, Ringing(), now, 1, "ringing"),
        ]
    )
    assert [each.illegal for each in applied] == ["unknown-attempt", "attempt-illegal-event", None]
    assert applied[0].attempt is None
    assert [event.kind for event in world.store.attempts.get(queued)[1]] == ["ringing"], "recorded all the same"
    assert world.store.progress.apply([]) == []


def test_a_clock_an_hour_off_cannot_bend_the_times(world: World) -> None:
    slow, fast = world.dial(world.campaign(leads=2), 2)
    now = world.store.ping()
    world.store.progress.apply(
        [
            Happening(slow, Answered(), now - timedelta(hours=1), 1, "answered"),
            Happening(fast, Answered(), now + timedelta(hours=1), 1, "answered"),
        ]
    )
    attempts = [world.store.attempts.get(each)[0] for each in (slow, fast)]
    assert attempts[0].answered_at == attempts[0].submitting_at
    assert attempts[1].answered_at is not None
    assert now <= attempts[1].answered_at <= world.store.ping()


def test_an_opt_out_digit_blocks_the_number_for_ever(world: World) -> None:
    campaign, other = world.campaign(), world.campaign()
    number = world.number()
    for each in (campaign, other):
        world.store.leads.create(each.id, NewLead(number, (ZONE,)))
    attempt_id = world.dial(campaign)[0]
    world.tell(attempt_id, Answered(), Pressed("9"), seq=1)
    assert world.store.dnc.get(number).source == "opt_out"
    assert world.lead_of(attempt_id).state is LeadState.RESERVED, "the call still goes on"
    world.check()
    world.tell(attempt_id, HungUp(16, True), seq=3)
    lead = world.lead_of(attempt_id)
    assert (lead.state, lead.reason, lead.last_outcome) == (LeadState.BLOCKED, "opt_out", "connected")
    assert world.store.attempts.get(attempt_id)[0].digits == "9"
    world.check()


def test_an_opt_out_digit_that_arrives_after_the_end_blocks_too(world: World) -> None:
    attempt_id = world.dial(world.campaign(leads=1))[0]
    world.tell(attempt_id, HungUp(17, False), seq=2)
    assert world.lead_of(attempt_id).state is LeadState.WAITING_RETRY
    world.tell(attempt_id, Pressed("9"), seq=1)
    assert world.lead_of(attempt_id).state is LeadState.BLOCKED
    world.check()


def test_any_other_digit_only_is_noted(world: World) -> None:
    attempt_id = world.dial(world.campaign(leads=1))[0]
    world.tell(attempt_id, Answered(), Pressed("1"), Pressed("2"), HungUp(16, True), seq=1)
    assert world.store.attempts.get(attempt_id)[0].digits == "12"
    assert world.lead_of(attempt_id).state is LeadState.DONE
    assert world.store.dnc.list(10) == []


def test_threads_that_apply_the_same_events_end_each_attempt_once(world: World) -> None:
    campaign = world.campaign(leads=60)
    ids = world.dial(campaign, 60)
    now = world.store.ping()
    script = [(Accepted(), 1), (Ringing(), 2), (HungUp(17, False), 3)]

    def work(seed: int) -> int:
        order = [Happening(each, event, now, seq, "event") for each in ids for event, seq in script]
        random.Random(seed).shuffle(order)
        batches = [order[start : start + 20] for start in range(0, len(order), 20)]
        return sum(each.ended for batch in batches for each in world.store.progress.apply(batch))

    assert sum(at_once(*(lambda s=s: work(s) for s in range(3)))) == 60
    assert world.store.campaigns.counters(campaign.id)[1][Outcome.BUSY] == 60
    world.check()


_PLAIN: list[Event] = [Accepted(), Ringing(), Answered(), Connected(), DoubtRaised(), Lost(), Cancelled(), Expired()]
_EVENTS = st.one_of(
    st.sampled_from([*_PLAIN, Refused("guard"), NotDialled("lookup")]),
    st.builds(HungUp, st.sampled_from([16, 17, 19, 34, 1, 21]), st.sampled_from([True, False, None])),
    st.builds(Pressed, st.sampled_from("19")),
    st.builds(Adopted, st.sampled_from([State.RINGING, State.ANSWERED])),
)


@tuned(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["reserve", "gate", "events", "promote", "dnc"]),
            st.lists(st.tuples(st.integers(0, 5), _EVENTS, st.one_of(st.none(), st.integers(1, 4))), max_size=6),
        ),
        min_size=3,
        max_size=12,
    )
)
def test_counters_equal_a_recount_after_anything(
    world: World, steps: list[tuple[str, list[tuple[int, Event, int | None]]]]
) -> None:
    campaign = world.campaign(leads=4)
    ids: list[uuid.UUID] = []
    for action, events in [("reserve", []), ("gate", []), *steps]:
        if action == "reserve":
            ids += [each.attempt_id for each in world.reserve(campaign, 2)]
        elif action == "gate":
            world.gate(ids)
        elif action == "promote":
            for lead in world.store.leads.list(campaign.id, 4):
                if lead.ready == 2:
                    world.make_due(lead.id)
            world.store.reservation.promote(campaign.id)
        elif action == "dnc" and ids:
            world.store.dnc.add(world.store.attempts.get(ids[-1])[0].number, "asked", "manual")
        now = world.store.ping()
        world.store.progress.apply(
            [Happening(ids[place % len(ids)], event, now, seq, "event") for place, event, seq in events if ids]
        )
    world.check()
