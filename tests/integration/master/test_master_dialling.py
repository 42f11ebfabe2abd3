"""The leader dials within every limit, and nothing that is stopped, closed or disabled."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from google.protobuf.field_mask_pb2 import FieldMask

from discador.core.attempt.events import HungUp
from discador.store.records import Happening, Pass
from discador.v1 import attempt_pb2, campaign_pb2, lead_pb2, node_pb2, system_pb2, trunk_pb2
from tests.integration.master.master_kit import Api, World, new_campaign, until

QUEUED = attempt_pb2.ATTEMPT_STATE_QUEUED


async def with_leads(api: Api, count: int, name: str = "Test", first: int = 0, **fields: object) -> int:
    """Create a campaign with so many leads; return its id."""
    campaign = await new_campaign(api, name, **fields)
    content = "telefone\n" + "".join(f"1198{first + n:07d}\n" for n in range(count))
    options = lead_pb2.ImportOptions(file_name="a.csv")
    request = lead_pb2.ImportLeadsRequest(campaign_id=campaign.id, options=options, content=content.encode())
    assert (await api.leads.ImportLeads(request)).imported == count
    return int(campaign.id)


async def start(api: Api, campaign_id: int) -> None:
    await api.campaigns.StartCampaign(campaign_pb2.StartCampaignRequest(id=campaign_id))


def live(world: World) -> Counter[int]:
    """Live attempts by campaign."""
    found: Counter[int] = Counter()
    for count in world.store.attempts.live_counts():
        found[count.campaign_id] += count.count
    return found


async def published(world: World) -> list[str]:
    entries = await world.redis.xrange("discador:jobs")
    return [fields[b"attempt"].decode() for _, fields in entries]


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


async def quiet(world: World, seconds: float = 0.6) -> None:
    """Give the dialler six rounds in which it could do what it must not."""
    await asyncio.sleep(seconds)


async def test_it_reserves_up_to_the_campaigns_channels_and_publishes_each_attempt_once(api: Api, world: World) -> None:
    campaign_id = await with_leads(api, 40, max_channels=7)
    world.gateway_up()
    await start(api, campaign_id)
    await until(lambda: live(world)[campaign_id] == 7)
    await quiet(world)
    assert live(world)[campaign_id] == 7
    listed = await api.attempts.ListAttempts(attempt_pb2.ListAttemptsRequest(campaign_id=campaign_id, state=QUEUED))
    assert sorted(await published(world)) == sorted(attempt.id for attempt in listed.attempts)
    shown = await api.campaigns.GetCampaign(campaign_pb2.GetCampaignRequest(id=campaign_id))
    assert (shown.counters.live, shown.counters.leads["new"], shown.counters.leads["reserved"]) == (7, 33, 7)


async def test_trunk_channels_and_pace_bound_all_campaigns_together(api: Api, world: World) -> None:
    [trunk] = (await api.trunks.ListTrunks(trunk_pb2.ListTrunksRequest())).trunks
    update = trunk_pb2.Trunk(id=trunk.id, max_channels=9, max_calls_per_second=2)
    mask = FieldMask(paths=["max_channels", "max_calls_per_second"])
    await api.trunks.UpdateTrunk(trunk_pb2.UpdateTrunkRequest(trunk=update, update_mask=mask))
    first = await with_leads(api, 20, "A", max_channels=20)
    second = await with_leads(api, 20, "B", 100, max_channels=20)
    world.gateway_up()
    for campaign_id in (first, second):
        await start(api, campaign_id)
    # Two and a half seconds of two calls a second may be queued.
    await until(lambda: live(world).total() == 5)
    await quiet(world)
    assert live(world).total() == 5
    update.max_calls_per_second = 100
    await api.trunks.UpdateTrunk(trunk_pb2.UpdateTrunkRequest(trunk=update, update_mask=mask))
    await until(lambda: live(world).total() == 9)
    await quiet(world)
    assert live(world).total() == 9


async def test_a_campaign_of_lower_priority_number_goes_first(api: Api, world: World) -> None:
    late = await with_leads(api, 40, "late", priority=60, max_channels=30)
    early = await with_leads(api, 40, "early", 100, priority=10, max_channels=30)
    for campaign_id in (late, early):
        await start(api, campaign_id)
    world.gateway_up()
    await until(lambda: live(world).total() == 30)
    assert live(world)[early] == 30


async def test_nothing_is_dialled_without_a_gateway_that_is_up(api: Api, world: World) -> None:
    campaign_id = await with_leads(api, 5)
    world.report("ami-gateway", "gw-1", node="n1", ami_state="AMI_STATE_DOWN")
    await start(api, campaign_id)
    await quiet(world, 1.5)
    assert not live(world)


async def test_nothing_is_dialled_while_something_says_no(api: Api, world: World) -> None:
    campaign_id = await with_leads(api, 50, max_channels=1)
    world.gateway_up()
    [node] = (await api.nodes.ListNodes(node_pb2.ListNodesRequest())).nodes
    mask = FieldMask(paths=["disabled"])
    disabled = node_pb2.Node(id=node.id, disabled=True)
    await api.nodes.UpdateNode(node_pb2.UpdateNodeRequest(node=disabled, update_mask=mask))
    await start(api, campaign_id)
    await quiet(world, 1.5)
    assert not live(world)
    await api.system.StopSystem(system_pb2.StopSystemRequest())
    disabled.disabled = False
    await api.nodes.UpdateNode(node_pb2.UpdateNodeRequest(node=disabled, update_mask=mask))
    await quiet(world)
    assert not live(world)
    await api.system.StartSystem(system_pb2.StartSystemRequest())
    await until(lambda: live(world)[campaign_id] == 1)


async def test_a_pause_takes_queued_attempts_back_and_a_resume_goes_on(api: Api, world: World) -> None:
    campaign_id = await with_leads(api, 10, max_channels=4)
    world.gateway_up()
    await start(api, campaign_id)
    await until(lambda: live(world)[campaign_id] == 4)
    await api.campaigns.PauseCampaign(campaign_pb2.PauseCampaignRequest(id=campaign_id))
    await until(lambda: not live(world))
    await quiet(world)
    assert not live(world)
    shown = await api.campaigns.GetCampaign(campaign_pb2.GetCampaignRequest(id=campaign_id))
    assert (shown.counters.outcomes["cancelled"], shown.counters.leads["new"]) == (4, 10)
    await api.campaigns.ResumeCampaign(campaign_pb2.ResumeCampaignRequest(id=campaign_id))
    await until(lambda: live(world)[campaign_id] == 4, 70)


async def test_leads_whose_zone_is_closed_wait_and_the_others_are_dialled(api: Api, world: World) -> None:
    # A window in which São Paulo is open and Rio Branco, two hours behind, is not.
    local = datetime.now(UTC).astimezone(ZoneInfo("America/Sao_Paulo"))
    minute = local.hour * 60 + local.minute
    window = campaign_pb2.CallingWindow()
    # Half an hour before and after now; what crosses midnight is a span of its own.
    for opens, closes in ((minute - 30, minute + 30), (minute + 1410, minute + 1470), (minute - 1470, minute - 1410)):
        opens, closes = max(opens, 0), min(closes, 1440)
        if opens < closes:
            window.spans.add(weekdays=range(1, 8), opens=clock(opens), closes=clock(closes))
    campaign = await new_campaign(api, window=window)
    for number in ("11987654321", "68987654321"):
        lead = lead_pb2.Lead(campaign_id=campaign.id, number=number)
        await api.leads.CreateLead(lead_pb2.CreateLeadRequest(lead=lead))
    world.gateway_up()
    await start(api, campaign.id)
    await until(lambda: live(world)[campaign.id] == 1)
    await quiet(world)
    [attempt] = world.store.attempts.list(10)
    assert attempt.number == "+5511987654321"
    [waiting] = [lead for lead in world.store.leads.list(campaign.id, 10) if lead.state == "new"]
    assert waiting.due_at is not None and waiting.due_at > datetime.now(UTC)


async def test_an_attempt_that_no_worker_took_is_published_again_after_redis_was_wiped(api: Api, world: World) -> None:
    campaign_id = await with_leads(api, 3, max_channels=3)
    world.gateway_up()
    await start(api, campaign_id)
    await until(lambda: live(world)[campaign_id] == 3)
    before = sorted(await published(world))
    await world.redis.delete("discador:jobs")

    async def again() -> bool:
        return sorted(set(await published(world))) == before

    await until(again)


async def test_a_campaign_completes_when_its_last_lead_has_ended(api: Api, world: World) -> None:
    campaign_id = await with_leads(api, 2, max_channels=2, max_attempts_per_lead=1)
    world.gateway_up()
    await start(api, campaign_id)
    await until(lambda: live(world)[campaign_id] == 2)
    now = datetime.now(UTC)
    queued = [attempt.id for attempt in world.store.attempts.list(10)]
    world.store.gate.pass_through("w", queued, 5.0, lambda candidate: Pass(now.date()))
    world.store.progress.apply([Happening(one, HungUp(17, False), now, 1, "hung_up") for one in queued])

    async def completed() -> bool:
        shown = await api.campaigns.GetCampaign(campaign_pb2.GetCampaignRequest(id=campaign_id))
        return bool(shown.state == campaign_pb2.CAMPAIGN_STATE_COMPLETED)

    await until(completed)
    assert {lead.state.value for lead in world.store.leads.list(campaign_id, 10)} == {"exhausted"}
