"""Reading attempts: pages, sweeps, and whom to ask Asterisk about."""

from __future__ import annotations

import uuid

import pytest

from discador.core.attempt import Outcome, State
from discador.core.attempt.events import Accepted, Answered, DoubtRaised, HungUp, Ringing
from discador.store import NotFound
from discador.store.records import LiveCount
from tests.contract.store.world import World


def in_question(world: World) -> list[uuid.UUID]:
    return [each.id for each in world.store.attempts.in_question(10)]


def test_attempts_come_in_pages_newest_first(world: World) -> None:
    campaign, other = world.campaign(leads=4), world.campaign(leads=1)
    ids = world.dial(campaign, 4) + world.dial(other)
    store = world.store.attempts
    assert [each.id for each in store.list(2)] == ids[:-3:-1]
    assert [each.id for each in store.list(9, before_id=ids[3])] == ids[2::-1]
    assert [each.id for each in store.list(9, campaign_id=other.id)] == ids[4:]
    world.tell(ids[0], HungUp(17, False))
    assert [each.id for each in store.list(9, outcome=Outcome.BUSY)] == ids[:1]
    assert [each.id for each in store.list(9, state=State.ENDED)] == ids[:1]
    assert [each.id for each in store.list(9, state=State.SUBMITTING, campaign_id=campaign.id)] == ids[3:0:-1]
    lead_id = world.lead_of(ids[1]).id
    assert [each.id for each in store.list(9, lead_id=lead_id)] == ids[1:2]
    assert [each.id for each in world.store.leads.attempts_of(lead_id)] == ids[1:2]
    with pytest.raises(NotFound) as caught:
        store.get(uuid.uuid4())
    assert caught.value.error_id == "attempt-not-found"


def test_live_counts(world: World) -> None:
    campaign = world.campaign(leads=5)
    ids = world.dial(campaign, 3)
    world.reserve(campaign, 1)
    world.tell(ids[0], Ringing())
    world.tell(ids[1], HungUp(17, False))
    place = (campaign.id, world.trunk.id, world.node.id)
    assert {(c.campaign_id, c.trunk_id, c.node_id, c.state, c.count) for c in world.store.attempts.live_counts()} == {
        (*place, State.QUEUED, 1),
        (*place, State.RINGING, 1),
        (*place, State.SUBMITTING, 1),
    }
    assert all(isinstance(each, LiveCount) for each in world.store.attempts.live_counts())
    assert {each.id for each in world.store.attempts.live_on_node(world.node.id)} >= {ids[0], ids[2]}
    assert world.store.attempts.live_on_node(999) == []
    assert world.store.attempts.ended_among([*ids, uuid.uuid4()]) == {ids[1]}
    assert world.store.attempts.ended_among([]) == set()


def test_queued_attempts_are_published_again_after_a_while(world: World) -> None:
    assert world.store.attempts.oldest_queued_age_s() == 0.0
    young, old = (each.attempt_id for each in world.reserve(world.campaign(leads=2), 2, expires_in_s=60.0))
    world.age(old, 10)
    assert world.store.attempts.unpublished(3, 10) == [old]
    assert world.store.attempts.unpublished(0, 10) == [young, old]
    assert 9 < world.store.attempts.oldest_queued_age_s() < 30 or world.store.attempts.oldest_queued_age_s() < 3
    world.age(old, 100)
    assert world.store.attempts.unpublished(3, 10) == [], "expired: another sweep's"
    assert world.store.attempts.queued_expired(10) == [old]


def test_who_is_in_question(world: World) -> None:
    campaign = world.campaign(leads=8, ring_timeout_s=20.0)
    silent, accepted, ringing, up, doubtful, fresh = world.dial(campaign, 6)
    world.tell(accepted, Accepted())
    world.tell(ringing, Ringing())
    world.tell(up, Answered())
    world.tell(doubtful, DoubtRaised("gateway restarted"))
    assert in_question(world) == []
    world.age(doubtful, 2)
    assert in_question(world) == [doubtful]
    for each in (silent, accepted):
        world.age(each, 6.5)
    assert in_question(world) == [doubtful], "the deadline has not passed by two seconds"
    for each in (silent, accepted):
        world.age(each, 1)
    assert set(in_question(world)) == {doubtful, silent, accepted}
    world.age(ringing, 29)
    world.age(up, 29)
    assert ringing not in in_question(world)
    assert up not in in_question(world)
    world.age(ringing, 2)
    world.age(up, 2)
    assert set(in_question(world)) == {doubtful, silent, accepted, ringing, up}
    world.store.attempts.touch([doubtful, silent, accepted, ringing, up])
    assert in_question(world) == [], "just asked"
    assert fresh not in in_question(world)
    for each in (silent, up):
        world.age(each, 2)
    assert in_question(world) == [silent], "a call is asked about every half minute"
    assert world.store.attempts.in_question(10, node_id=999) == []
    world.store.attempts.touch([])
