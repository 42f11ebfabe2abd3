"""The gate: each attempt passes at most once, and only while everything allows it."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from discador.core.attempt import Outcome, State
from discador.core.attempt.events import Answered, HungUp, NotDialled, Refused
from discador.core.campaign import Command
from discador.core.compliance import Caps
from discador.core.lead import LeadState
from discador.store.records import Candidate, NewLead, Reserved, Verdict
from tests.contract.store.world import ZONE, World, at_once, capped, let_pass


def ids_of(reserved: list[Reserved]) -> list[uuid.UUID]:
    return [each.attempt_id for each in reserved]


def test_a_passed_attempt_carries_its_intent(world: World) -> None:
    campaign = world.campaign(leads=1)
    ids = ids_of(world.reserve(campaign, 1))
    passed = world.gate(ids).passed[0]
    attempt, _ = world.store.attempts.get(ids[0])
    assert attempt == passed.attempt
    assert (attempt.state, attempt.worker) == (State.SUBMITTING, "worker")
    assert attempt.not_after is not None
    assert attempt.submitting_at is not None
    assert (attempt.not_after - attempt.submitting_at).total_seconds() == 5
    assert (passed.campaign.id, passed.trunk, passed.lead.number) == (campaign.id, world.trunk, attempt.number)
    world.check()


def test_two_workers_racing_over_the_same_ids_pass_each_once(world: World) -> None:
    campaign = world.campaign(leads=120)
    ids = ids_of(world.reserve(campaign, 120))
    batches = [ids[start : start + 10] for start in range(0, 120, 10)]

    def work(order: int) -> list[uuid.UUID]:
        # One worker forwards, one backwards, so that they meet in the middle of each other's locks.
        return [g.attempt.id for batch in batches[::order] for g in world.gate(batch[::order]).passed]

    passed = Counter(
        attempt_id for part in at_once(*(lambda o=o: work(o) for o in (1, -1, 1, -1))) for attempt_id in part
    )
    assert passed == Counter(ids)
    world.check()


def test_an_id_given_twice_passes_once(world: World) -> None:
    ids = ids_of(world.reserve(world.campaign(leads=1), 1))
    assert len(world.gate(ids * 2).passed) == 1
    assert world.gate(ids).missed == ids


def test_unknown_ids_are_missed(world: World) -> None:
    unknown = uuid.uuid4()
    assert world.gate([unknown]).missed == [unknown]
    assert world.gate([]).passed == []


def test_after_a_pause_is_committed_nothing_passes(world: World) -> None:
    campaign = world.campaign(leads=2)
    ids = ids_of(world.reserve(campaign, 2))
    world.store.campaigns.command(campaign.id, Command.PAUSE)
    assert world.gate(ids).missed == ids
    assert world.store.attempts.queued_of_stopped(10) == ids
    world.store.campaigns.command(campaign.id, Command.RESUME)
    assert world.store.attempts.queued_of_stopped(10) == []
    world.store.system.set_dialling(False, "somebody")
    assert world.gate(ids).missed == ids
    assert world.store.attempts.queued_of_stopped(10) == ids


def test_a_pause_waits_for_the_gate_that_has_begun(world: World) -> None:
    """So that whatever passes has passed before the pause's commit."""
    campaign = world.campaign(leads=1)
    ids = ids_of(world.reserve(campaign, 1))
    inside, paused = threading.Event(), threading.Event()
    order: list[str] = []

    def judge(candidate: Candidate) -> Verdict:
        inside.set()
        assert not paused.wait(0.3)
        order.append("passed")
        return let_pass(candidate)

    def pause() -> None:
        assert inside.wait(5)
        world.store.campaigns.command(campaign.id, Command.PAUSE)
        order.append("paused")
        paused.set()

    with ThreadPoolExecutor(1) as pool:
        pausing = pool.submit(pause)
        world.gate(ids, judge)
        pausing.result(10)
    assert order == ["passed", "paused"]


def test_a_number_put_on_the_dnc_list_after_reservation_is_blocked(world: World) -> None:
    campaign = world.campaign(leads=2)
    reserved = world.reserve(campaign, 2)
    world.store.dnc.add(reserved[0].number, "asked", "manual")
    result = world.gate(ids_of(reserved), capped(Caps()))
    assert result.blocked == [(reserved[0].attempt_id, "dnc")]
    assert [each.attempt.id for each in result.passed] == [reserved[1].attempt_id]
    lead = world.lead_of(reserved[0].attempt_id)
    assert (lead.state, lead.reason, lead.attempts, lead.last_outcome) == (LeadState.BLOCKED, "dnc", 0, "blocked")
    attempt, events = world.store.attempts.get(reserved[0].attempt_id)
    assert (attempt.outcome, attempt.detail, [event.kind for event in events]) == (Outcome.BLOCKED, "dnc", ["blocked"])
    world.check()


def test_a_dnc_entry_waits_for_the_gate_that_has_begun(world: World) -> None:
    reserved = world.reserve(world.campaign(leads=1), 1)
    inside, added = threading.Event(), threading.Event()

    def judge(candidate: Candidate) -> Verdict:
        inside.set()
        assert not added.wait(0.3)
        return let_pass(candidate)

    def add() -> None:
        assert inside.wait(5)
        world.store.dnc.add(reserved[0].number, "asked", "manual")
        added.set()

    with ThreadPoolExecutor(1) as pool:
        adding = pool.submit(add)
        assert len(world.gate(ids_of(reserved), judge).passed) == 1
        adding.result(10)


@pytest.mark.parametrize("caps", [Caps(2, 0), Caps(5, 3600)], ids=["two a day", "an hour apart"])
def test_caps_and_spacing_hold_over_all_campaigns_and_workers(world: World, caps: Caps) -> None:
    numbers = [world.number() for _ in range(6)]
    ids: list[list[uuid.UUID]] = []
    for _ in range(4):
        campaign = world.campaign()
        for number in numbers:
            world.store.leads.create(campaign.id, NewLead(number, (ZONE,)))
        ids.append(ids_of(world.reserve(campaign, len(numbers))))
    results = at_once(*(lambda part=part: world.gate(part, capped(caps)) for part in ids))
    passed = Counter(each.attempt.number for result in results for each in result.passed)
    assert passed == dict.fromkeys(numbers, 2 if caps.min_spacing_s == 0 else 1)
    assert sum(len(result.passed) + len(result.blocked) for result in results) == 24
    world.check()


def test_one_batch_counts_what_it_lets_pass_itself(world: World) -> None:
    number = world.number()
    ids = []
    for _ in range(3):
        campaign = world.campaign()
        world.store.leads.create(campaign.id, NewLead(number, (ZONE,)))
        ids += ids_of(world.reserve(campaign, 1))
    result = world.gate(ids, capped(Caps(2, 0)))
    assert (len(result.passed), len(result.blocked)) == (2, 1)
    world.check()


def test_an_expired_attempt_is_missed(world: World) -> None:
    campaign = world.campaign(leads=1)
    ids = ids_of(world.reserve(campaign, 1, expires_in_s=0.0))
    assert world.gate(ids).missed == ids
    assert world.store.attempts.queued_expired(10) == ids
    assert world.store.attempts.unpublished(0, 10) == []


@pytest.mark.parametrize("event", [Refused("guard"), NotDialled("lookup")])
def test_a_call_proven_not_dialled_gives_back_the_use_of_the_number(world: World, event: Refused | NotDialled) -> None:
    number, caps = world.number(), Caps(2, 3600)
    campaign, other = world.campaign(), world.campaign()
    for each in (campaign, other):
        world.store.leads.create(each.id, NewLead(number, (ZONE,)))
    first = ids_of(world.reserve(campaign, 1))
    assert len(world.gate(first, capped(caps)).passed) == 1
    world.tell(first[0], event)
    assert world.lead_of(first[0]).attempts == 0
    world.check()
    second = ids_of(world.reserve(other, 1))
    assert len(world.gate(second, capped(caps)).passed) == 1, "neither cap nor spacing count the refused one"
    world.tell(second[0], Answered(), HungUp(16, True))
    world.check()


def test_a_judge_that_fails_lets_nothing_pass(world: World) -> None:
    ids = ids_of(world.reserve(world.campaign(leads=2), 2))

    def judge(candidate: Candidate) -> Verdict:
        if candidate.attempt.id == ids[1]:
            raise ZeroDivisionError
        return let_pass(candidate)

    with pytest.raises(ZeroDivisionError):
        world.gate(ids, judge)
    assert len(world.gate(ids).passed) == 2
    world.check()
