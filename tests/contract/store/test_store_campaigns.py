"""Campaigns, the system's switch, trunks, nodes and the do-not-call list."""

from __future__ import annotations

import pytest

from discador.core.attempt import Outcome
from discador.core.attempt.events import HungUp, NotDialled
from discador.core.campaign import CampaignState, Command
from discador.core.errors import IllegalTransition
from discador.core.lead import LeadState
from discador.store import (
    CampaignNotDraft,
    EtagMismatch,
    InUse,
    LeadExists,
    NameTaken,
    NotFound,
    StaleLeader,
    StoreError,
)
from discador.store.records import NewLead
from tests.contract.store.world import ZONE, World, at_once, settings


def test_a_campaign_comes_back_as_it_was_written(world: World) -> None:
    written = settings(max_channels=7, priority=3)
    campaign = world.store.campaigns.create("Cobrança – março", written)
    assert world.store.campaigns.get(campaign.id) == campaign
    assert (campaign.settings, campaign.state, campaign.version) == (written, CampaignState.DRAFT, 1)
    assert campaign.created_at <= world.store.ping()


def test_names_are_unique_and_letters_are_not_folded(world: World) -> None:
    world.store.campaigns.create("Março", settings())
    world.store.campaigns.create("março", settings())
    world.store.campaigns.create("marco", settings())
    with pytest.raises(NameTaken) as caught:
        world.store.campaigns.create("Março", settings())
    assert (caught.value.error_id, caught.value.kind) == ("campaign-name-taken", "conflict")
    with pytest.raises(NameTaken):
        world.store.nodes.create("node", "x:1")
    with pytest.raises(NameTaken):
        world.store.trunks.create(world.trunk.name, world.node.id, "PJSIP/{number}")


def test_commands_follow_the_machine(world: World) -> None:
    campaign = world.campaign()
    assert campaign.state is CampaignState.RUNNING
    assert [each.id for each in world.store.campaigns.running()] == [campaign.id]
    assert world.store.campaigns.command(campaign.id, Command.PAUSE).state is CampaignState.PAUSED
    with pytest.raises(IllegalTransition) as caught:
        world.store.campaigns.command(campaign.id, Command.PAUSE)
    assert caught.value.error_id == "campaign-illegal-transition"
    assert world.store.campaigns.running() == []


def test_an_update_with_an_old_version_is_refused(world: World) -> None:
    campaign = world.campaign()
    changed = world.store.campaigns.update(campaign.id, name="new name", expected_version=campaign.version)
    assert (changed.name, changed.version, changed.settings) == ("new name", 2, campaign.settings)
    with pytest.raises(EtagMismatch):
        world.store.campaigns.update(campaign.id, settings=settings(), expected_version=campaign.version)
    other = world.campaign()
    with pytest.raises(NameTaken):
        world.store.campaigns.update(other.id, name="new name")


def test_campaigns_come_in_pages_newest_first(world: World) -> None:
    ids = [world.campaign(run=False).id for _ in range(5)]
    running = world.campaign()
    page = world.store.campaigns.list(3)
    assert [each.id for each in page] == [running.id, ids[4], ids[3]]
    assert [each.id for each in world.store.campaigns.list(9, page[-1].id)] == [ids[2], ids[1], ids[0]]
    assert [each.id for each in world.store.campaigns.list(9, state=CampaignState.RUNNING)] == [running.id]


def test_only_a_draft_can_be_deleted_and_its_leads_go_with_it(world: World) -> None:
    draft, started = world.campaign(leads=3, run=False), world.campaign()
    lead = world.store.leads.list(draft.id, 1)[0]
    world.store.campaigns.delete_draft(draft.id)
    for look in (lambda: world.store.campaigns.get(draft.id), lambda: world.store.leads.get(lead.id)):
        with pytest.raises(NotFound):
            look()
    with pytest.raises(CampaignNotDraft):
        world.store.campaigns.delete_draft(started.id)
    world.check()


def test_a_campaign_completes_only_when_nothing_is_left_to_do(world: World) -> None:
    campaign = world.campaign(leads=2)
    complete = lambda: world.store.campaigns.mark_completed(world.epoch, campaign.id)  # noqa: E731
    assert not complete(), "ready leads"
    ids = world.dial(campaign, 2)
    assert not complete(), "live attempts"
    world.tell(ids[0], HungUp(16, True))
    world.tell(ids[1], HungUp(17, False))
    assert not complete(), "not answered, a retry waits"
    world.tell(ids[1], HungUp(17, False))
    world.make_due(world.lead_of(ids[1]).id)
    world.store.reservation.promote(campaign.id)
    last = world.dial(campaign, 1)[0]
    world.tell(last, HungUp(1, False))
    job = world.store.imports.begin(campaign.id, "more.csv", "c0ffee", "o", 1, False)
    assert not complete(), "an import runs"
    world.store.imports.fail(job.id, "given up")
    assert complete()
    assert world.store.campaigns.get(campaign.id).state is CampaignState.COMPLETED
    assert not complete()
    assert world.store.campaigns.command(campaign.id, Command.START).state is CampaignState.RUNNING
    world.store.leadership.take("another")
    with pytest.raises(StaleLeader):
        complete()


def test_a_stop_is_finished_when_the_last_call_has_ended(world: World) -> None:
    campaign = world.campaign(leads=1)
    attempt_id = world.dial(campaign)[0]
    assert not world.store.campaigns.mark_stopped(world.epoch, campaign.id)
    world.store.campaigns.command(campaign.id, Command.STOP)
    assert not world.store.campaigns.mark_stopped(world.epoch, campaign.id)
    world.tell(attempt_id, HungUp(16, True))
    assert world.store.campaigns.mark_stopped(world.epoch, campaign.id)
    assert world.store.campaigns.get(campaign.id).state is CampaignState.STOPPED


def test_counters_name_every_state_and_outcome(world: World) -> None:
    campaign = world.campaign(leads=3)
    world.tell(world.dial(campaign)[0], HungUp(17, False))
    leads, outcomes = world.store.campaigns.counters(campaign.id)
    assert set(leads) == set(LeadState)
    assert set(outcomes) == set(Outcome)
    assert (leads[LeadState.NEW], leads[LeadState.WAITING_RETRY], outcomes[Outcome.BUSY]) == (2, 1, 1)


def test_the_switch_tells_who_used_it(world: World) -> None:
    assert world.store.system.get().dialling
    off = world.store.system.set_dialling(False, "ana")
    assert (off.dialling, off.commanded_by, off.commanded_at is not None) == (False, "ana", True)
    assert [world.store.system.raise_restart_generation("ana") for _ in range(2)] == [1, 2]
    assert world.store.system.get().restart_generation == 2


def test_epochs_rise_by_one_whoever_takes(world: World) -> None:
    epochs = at_once(*[lambda: world.store.leadership.take("m")] * 6)
    assert sorted(epochs) == list(range(world.epoch + 1, world.epoch + 7))


def test_what_is_in_use_cannot_be_deleted(world: World) -> None:
    attempt_id = world.reserve(world.campaign(leads=1), 1)[0].attempt_id
    for delete, error_id in (
        (lambda: world.store.trunks.delete(world.trunk.id), "trunk-in-use"),
        (lambda: world.store.nodes.delete(world.node.id), "node-in-use"),
    ):
        with pytest.raises(InUse) as caught:
            delete()
        assert (caught.value.error_id, caught.value.kind) == (error_id, "precondition")
    world.tell(attempt_id, NotDialled())
    world.store.trunks.delete(world.trunk.id)
    world.store.nodes.delete(world.node.id)
    assert (world.store.trunks.list(), world.store.nodes.list()) == ([], [])


def test_trunks_and_nodes_change_as_told(world: World) -> None:
    other = world.store.nodes.create("other", "h:2")
    trunk = world.store.trunks.update(world.trunk.id, node_id=other.id, max_calls_per_second=2.5, disabled=True)
    assert (trunk.node_id, trunk.max_calls_per_second, trunk.disabled, trunk.name) == (
        other.id,
        2.5,
        True,
        world.trunk.name,
    )
    assert world.store.trunks.get_by_name(trunk.name) == trunk
    node = world.store.nodes.update(other.id, gateway_address="h:3")
    assert world.store.nodes.get_by_name("other") == node
    assert world.store.nodes.update(other.id, gateway_address="h:3") == node, "the same again"
    with pytest.raises(NotFound) as caught:
        world.store.trunks.update(trunk.id, node_id=999)
    assert caught.value.error_id == "node-not-found"


@pytest.mark.parametrize("noun", ["campaigns", "trunks", "nodes", "leads", "imports"])
def test_what_does_not_exist_is_not_found(world: World, noun: str) -> None:
    with pytest.raises(StoreError) as caught:
        getattr(world.store, noun).get(999_999)
    assert (caught.value.error_id, caught.value.kind) == (f"{noun[:-1]}-not-found", "not_found")


def test_the_dnc_list(world: World) -> None:
    numbers = sorted(world.number() for _ in range(5))
    entry, created = world.store.dnc.add(numbers[0], "asked", "manual")
    assert created
    assert world.store.dnc.add(numbers[0], "again", "import") == (entry, False)
    assert world.store.dnc.add_many([*numbers, numbers[1]], "list", "import") == (4, 2)
    assert world.store.dnc.which([*numbers[:2], "+5511000000000"]) == set(numbers[:2])
    assert world.store.dnc.which([]) == set()
    page = world.store.dnc.list(2)
    assert [each.number for each in page + world.store.dnc.list(9, page[-1].id)] == numbers
    assert world.store.dnc.remove(numbers[0])
    assert not world.store.dnc.remove(numbers[0])
    with pytest.raises(NotFound) as caught:
        world.store.dnc.get(numbers[0])
    assert (caught.value.error_id, numbers[0] in str(caught.value)) == ("dnc-entry-not-found", False)


def test_a_campaign_has_a_number_once(world: World) -> None:
    campaign = world.campaign()
    new = NewLead(world.number(), (ZONE,), "Zé", "ext-1", 7, {"cidade": "São Paulo", "valor": 3})
    lead = world.store.leads.create(campaign.id, new)
    assert world.store.leads.get(lead.id) == lead
    assert (lead.name, lead.fields, lead.zones, lead.ready) == ("Zé", {"cidade": "São Paulo", "valor": 3}, (ZONE,), 1)
    with pytest.raises(LeadExists) as caught:
        world.store.leads.create(campaign.id, new)
    assert new.number not in str(caught.value)
    world.store.leads.create(world.campaign().id, new)
    world.check()


def test_leads_come_in_pages_and_as_a_stream(world: World) -> None:
    campaign = world.campaign(leads=2500)
    first = world.store.leads.list(campaign.id, 2)
    second = world.store.leads.list(campaign.id, 2, first[-1].id)
    assert [each.id for each in first + second] == sorted({each.id for each in first + second})
    assert len({lead.id for lead in world.store.leads.iterate(campaign.id)}) == 2500
    assert [each.id for each in world.store.leads.list(campaign.id, 9, number=second[0].number)] == [second[0].id]
    world.reserve(campaign, 3)
    assert len(world.store.leads.list(campaign.id, 9, state=LeadState.RESERVED)) == 3
