"""Reservation: fenced, within the limits, in order, and never the same lead twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from discador.core.attempt.events import HungUp, NotDialled
from discador.core.campaign import Command
from discador.core.lead import LeadState
from discador.store import NotFound, StaleLeader, tables
from discador.store.records import WAITS, zones_key
from tests.contract.store.world import World, at_once


def test_a_reserved_lead_has_a_queued_attempt(world: World) -> None:
    campaign = world.campaign(leads=3)
    reserved = world.reserve(campaign, 2)
    assert len(reserved) == 2
    attempt, events = world.store.attempts.get(reserved[0].attempt_id)
    assert (attempt.state, attempt.no, attempt.number, events) == ("queued", 1, reserved[0].number, [])
    assert world.store.leads.get(reserved[0].lead_id).state is LeadState.RESERVED
    assert world.store.campaigns.live_count(campaign.id) == 2
    world.check()


def test_ids_sort_in_the_order_of_reservation(world: World) -> None:
    ids = [each.attempt_id for each in world.reserve(world.campaign(leads=50), 50)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 50


def test_leads_come_by_priority_then_due_time(world: World) -> None:
    campaign = world.campaign()
    world.add_leads(campaign, 2, priority=50)
    world.add_leads(campaign, 2, priority=10)
    world.add_leads(campaign, 2, priority=50)
    reserved = world.reserve(campaign, 6)
    priorities = [world.store.leads.get(each.lead_id).priority for each in reserved]
    assert priorities == [10, 10, 50, 50, 50, 50]
    later = [each.lead_id for each in reserved[2:]]
    assert later == sorted(later)


def test_two_reservers_never_get_the_same_lead(world: World) -> None:
    campaign = world.campaign(leads=200)
    taken = at_once(*[lambda: [r.lead_id for _ in range(5) for r in world.reserve(campaign, 10)]] * 4)
    ids = [lead_id for part in taken for lead_id in part]
    assert len(ids) == len(set(ids)) == 200
    world.check()


def test_limits_of_campaign_and_trunk_hold_with_many_reservers(world: World) -> None:
    trunk = world.add_trunk(max_channels=25)
    wide, narrow = world.campaign(leads=100), world.campaign(leads=100, max_channels=10)

    def take(campaign: object) -> int:
        return sum(len(world.reserve(campaign, 4, trunk_id=trunk.id)) for _ in range(6))  # type: ignore[arg-type]

    taken = at_once(*[lambda: take(wide), lambda: take(narrow)] * 2)
    assert sum(taken) == 25
    assert world.store.campaigns.live_count(narrow.id) <= 10
    other = world.reserve(narrow, 100)
    assert world.store.campaigns.live_count(narrow.id) == 10
    assert len(other) == 10 - (taken[1] + taken[3])
    world.check()


def test_a_freed_channel_can_be_reserved_again(world: World) -> None:
    campaign = world.campaign(leads=5, max_channels=2)
    first = world.dial(campaign, 2)
    assert world.reserve(campaign, 5) == []
    world.tell(first[0], HungUp(17, False))
    assert len(world.reserve(campaign, 5)) == 1


def test_a_stale_epoch_reserves_nothing(world: World) -> None:
    campaign = world.campaign(leads=5)
    old, new = world.epoch, world.store.leadership.take("another")
    assert new == old + 1
    assert world.store.leadership.current().holder == "another"
    with pytest.raises(StaleLeader) as caught:
        world.reserve(campaign, 5)
    assert (caught.value.error_id, caught.value.epoch, caught.value.current) == ("stale-leader", old, new)
    assert world.store.campaigns.live_count(campaign.id) == 0
    world.check()


@pytest.mark.parametrize("obstacle", ["system off", "campaign paused", "trunk disabled", "limit 0"])
def test_nothing_is_reserved_behind_a_closed_door(world: World, obstacle: str) -> None:
    campaign = world.campaign(leads=5)
    if obstacle == "system off":
        world.store.system.set_dialling(False, "somebody")
    elif obstacle == "campaign paused":
        world.store.campaigns.command(campaign.id, Command.PAUSE)
    elif obstacle == "trunk disabled":
        world.store.trunks.update(world.trunk.id, disabled=True)
    assert world.reserve(campaign, 0 if obstacle == "limit 0" else 5) == []


def test_a_campaign_that_does_not_exist_is_told(world: World) -> None:
    campaign = world.campaign()
    with pytest.raises(NotFound) as caught:
        world.store.reservation.reserve(world.epoch, world.plan(campaign, 1).__class__(999, 1, 1, 1, 1.0))
    assert caught.value.error_id == "campaign-not-found"


def test_leads_in_closed_zones_wait_for_their_opening_and_do_not_hide_the_open_ones(world: World) -> None:
    campaign = world.campaign()
    closed = ("America/Manaus", "America/Porto_Velho")
    world.add_leads(campaign, 60, zones=closed)
    world.add_leads(campaign, 3)
    keys = world.store.reservation.zones(campaign.id)
    assert keys == {zones_key(closed), "America/Sao_Paulo"}
    opens_at = world.store.ping() + timedelta(hours=1)
    reserved = world.reserve(campaign, 5, closed_zones={zones_key(closed): opens_at}, batch=20)
    assert len(reserved) == 3
    waiting = world.sql(sa.select(tables.lead.c.due_at).where(tables.lead.c.ready == WAITS))
    assert [row.due_at for row in waiting] == [opens_at] * 60
    world.check()


def test_promotion_makes_due_leads_ready_and_leaves_the_others(world: World) -> None:
    campaign = world.campaign()
    world.add_leads(campaign, 4, zones=("America/Manaus",))
    world.reserve(campaign, 9, closed_zones={"America/Manaus": world.store.ping() + timedelta(hours=1)})
    assert world.store.reservation.promote(campaign.id) == 0
    for lead in world.store.leads.list(campaign.id, 3):
        world.make_due(lead.id)
    assert world.store.reservation.promote(campaign.id, limit=2) == 2
    assert world.store.reservation.promote(campaign.id) == 1
    assert len(world.reserve(campaign, 9)) == 3


def test_a_second_live_attempt_on_a_lead_is_impossible(world: World) -> None:
    reserved = world.reserve(world.campaign(leads=1), 1)[0]
    row = world.sql(sa.select(tables.attempt))[0]._asdict()
    copy = {name: value for name, value in row.items() if name not in ("live", "live_lead")}
    copy |= {"id": type(reserved.attempt_id)(int=reserved.attempt_id.int + 1), "no": 2}
    with pytest.raises(sa.exc.IntegrityError):
        world.sql(sa.insert(tables.attempt).values(copy))
    world.tell(reserved.attempt_id, NotDialled())
    world.sql(sa.insert(tables.attempt).values(copy))
