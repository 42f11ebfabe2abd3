"""Every RPC of the master on its good path and its bad ones, over real gRPC."""

from __future__ import annotations

import asyncio
import uuid

import grpc
from google.protobuf.field_mask_pb2 import FieldMask

from discador.v1 import attempt_pb2, campaign_pb2, dnc_pb2, lead_pb2, node_pb2, system_pb2, trunk_pb2, worker_pb2
from tests.integration.master.master_kit import Api, World, new_campaign, refused, settings, until

NOT_FOUND = grpc.StatusCode.NOT_FOUND
INVALID = grpc.StatusCode.INVALID_ARGUMENT
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION


async def test_a_campaign_is_created_read_changed_and_deleted(api: Api) -> None:
    made = await new_campaign(api, "Cobrança 1", ring_timeout_s=20)
    assert (made.state, made.settings.ring_timeout_s) == (campaign_pb2.CAMPAIGN_STATE_DRAFT, 20)
    change = campaign_pb2.Campaign(id=made.id, name="x", settings=settings(max_channels=9), etag=made.etag)
    request = campaign_pb2.UpdateCampaignRequest(
        campaign=change, update_mask=FieldMask(paths=["settings.max_channels"])
    )
    changed = await api.campaigns.UpdateCampaign(request)
    assert (changed.name, changed.settings.max_channels) == ("Cobrança 1", 9)
    assert changed.settings.ring_timeout_s == 20
    with refused() as refusal:
        await api.campaigns.UpdateCampaign(request)
    assert refusal.error_id == "etag-mismatch"
    await api.campaigns.DeleteCampaign(campaign_pb2.DeleteCampaignRequest(id=made.id))
    with refused() as refusal:
        await api.campaigns.GetCampaign(campaign_pb2.GetCampaignRequest(id=made.id))
    assert (refusal.code, refusal.error_id) == (NOT_FOUND, "campaign-not-found")


async def test_all_faults_of_a_campaign_come_together_and_nothing_is_made(api: Api) -> None:
    with refused() as refusal:
        await new_campaign(api, "a\nb", ring_timeout_s=3, message="x,y", max_channels=-4, time_zone="No/Where")
    assert (refusal.code, refusal.error_id) == (INVALID, "campaign-invalid")
    assert refusal.fields == {
        "campaign.name",
        "campaign.settings.ring_timeout_s",
        "campaign.settings.message",
        "campaign.settings.max_channels",
        "campaign.settings.target_calls",
        "campaign.settings.time_zone",
    }
    with refused() as refusal:
        await new_campaign(api, trunk_ids=[77])
    assert (refusal.code, refusal.error_id) == (NOT_FOUND, "trunk-not-found")
    assert not (await api.campaigns.ListCampaigns(campaign_pb2.ListCampaignsRequest())).campaigns


async def test_commands_move_a_campaign_and_those_that_cannot_are_refused(api: Api) -> None:
    made = await new_campaign(api)
    with refused() as refusal:
        await api.campaigns.PauseCampaign(campaign_pb2.PauseCampaignRequest(id=made.id))
    assert (refusal.code, refusal.error_id) == (PRECONDITION, "campaign-illegal-transition")
    with refused() as refusal:
        await api.campaigns.StartCampaign(campaign_pb2.StartCampaignRequest(id=999))
    assert refusal.error_id == "campaign-not-found"
    await api.leads.CreateLead(
        lead_pb2.CreateLeadRequest(lead=lead_pb2.Lead(campaign_id=made.id, number="11987654321"))
    )
    started = await api.campaigns.StartCampaign(campaign_pb2.StartCampaignRequest(id=made.id))
    assert started.state == campaign_pb2.CAMPAIGN_STATE_RUNNING
    paused = await api.campaigns.PauseCampaign(campaign_pb2.PauseCampaignRequest(id=made.id))
    assert paused.state == campaign_pb2.CAMPAIGN_STATE_PAUSED
    await api.campaigns.ResumeCampaign(campaign_pb2.ResumeCampaignRequest(id=made.id))
    with refused() as refusal:
        await api.campaigns.DeleteCampaign(campaign_pb2.DeleteCampaignRequest(id=made.id))
    assert refusal.error_id == "campaign-not-draft"
    await api.campaigns.StopCampaign(campaign_pb2.StopCampaignRequest(id=made.id))

    async def stopped() -> bool:
        campaign = await api.campaigns.GetCampaign(campaign_pb2.GetCampaignRequest(id=made.id))
        return bool(campaign.state == campaign_pb2.CAMPAIGN_STATE_STOPPED)

    await until(stopped)


async def test_a_repeated_request_answers_as_the_first_and_does_nothing(api: Api) -> None:
    campaign = campaign_pb2.Campaign(name="Once", settings=settings())
    request = campaign_pb2.CreateCampaignRequest(campaign=campaign, request_id=str(uuid.uuid4()))
    first = await api.campaigns.CreateCampaign(request)
    assert await api.campaigns.CreateCampaign(request) == first
    assert len((await api.campaigns.ListCampaigns(campaign_pb2.ListCampaignsRequest())).campaigns) == 1
    request.campaign.name = "Twice"
    with refused() as refusal:
        await api.campaigns.CreateCampaign(request)
    assert refusal.error_id == "request-id-reused"
    request.request_id = "with blanks"
    with refused() as refusal:
        await api.campaigns.CreateCampaign(request)
    assert refusal.error_id == "request-id-invalid"
    start = campaign_pb2.StartCampaignRequest(id=first.id, request_id="start-1")
    assert (await api.campaigns.StartCampaign(start)).state == campaign_pb2.CAMPAIGN_STATE_RUNNING
    # The second start of a running campaign would be illegal; a repetition is not.
    assert (await api.campaigns.StartCampaign(start)).state == campaign_pb2.CAMPAIGN_STATE_RUNNING


async def test_lists_come_in_pages(api: Api) -> None:
    names = [f"C{n}" for n in range(7)]
    for name in names:
        await new_campaign(api, name)
    with refused() as refusal:
        await new_campaign(api, "C3")
    assert (refusal.code, refusal.error_id) == (grpc.StatusCode.ALREADY_EXISTS, "campaign-name-taken")
    found: list[str] = []
    request = campaign_pb2.ListCampaignsRequest(page_size=3)
    while True:
        page = await api.campaigns.ListCampaigns(request)
        found += [campaign.name for campaign in page.campaigns]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert found == names[::-1]
    request.state = campaign_pb2.CAMPAIGN_STATE_DRAFT
    for bad in (request, campaign_pb2.ListCampaignsRequest(page_token="nonsense")):
        with refused() as refusal:
            await api.campaigns.ListCampaigns(bad)
        assert (refusal.code, refusal.error_id) == (INVALID, "page-token-invalid")


async def test_leads_are_added_found_and_explained(api: Api) -> None:
    campaign = await new_campaign(api)
    lead = lead_pb2.Lead(campaign_id=campaign.id, number="(97) 98765-4321", name="Ana", fields={"cpf": "1"})
    made = await api.leads.CreateLead(lead_pb2.CreateLeadRequest(lead=lead))
    assert (made.number, made.priority, made.state) == ("+5597987654321", 50, lead_pb2.LEAD_STATE_NEW)
    assert set(made.time_zones) == {"America/Manaus", "America/Eirunepe"}
    with refused() as refusal:
        await api.leads.CreateLead(lead_pb2.CreateLeadRequest(lead=lead))
    assert (refusal.code, refusal.error_id) == (grpc.StatusCode.ALREADY_EXISTS, "lead-exists")
    lead.number = "123"
    with refused() as refusal:
        await api.leads.CreateLead(lead_pb2.CreateLeadRequest(lead=lead))
    assert (refusal.code, refusal.error_id, refusal.fields) == (INVALID, "number-invalid", {"lead.number"})
    lead.name = "A\x00"
    lead.priority = 101
    with refused() as refusal:
        await api.leads.CreateLead(lead_pb2.CreateLeadRequest(lead=lead))
    assert refusal.fields == {"lead.number", "lead.name", "lead.priority"}
    found = await api.leads.SearchLeads(lead_pb2.SearchLeadsRequest(campaign_id=campaign.id, number="97987654321"))
    assert [one.id for one in found.leads] == [made.id]
    assert (await api.leads.GetLead(lead_pb2.GetLeadRequest(id=made.id))) == made
    for request, error_id in (
        (lead_pb2.ListLeadsRequest(), "filter-invalid"),
        (lead_pb2.ListLeadsRequest(campaign_id=99), "campaign-not-found"),
        (lead_pb2.ListLeadsRequest(campaign_id=campaign.id, state=88), "filter-invalid"),
    ):
        with refused() as refusal:
            await api.leads.ListLeads(request)
        assert refusal.error_id == error_id
    with refused() as refusal:
        await api.leads.SearchLeads(lead_pb2.SearchLeadsRequest(campaign_id=campaign.id, number="x"))
    assert refusal.error_id == "number-invalid"
    await api.dnc.CreateDncEntry(dnc_pb2.CreateDncEntryRequest(entry=dnc_pb2.DncEntry(number=made.number)))
    explained = await api.leads.ExplainLead(lead_pb2.ExplainLeadRequest(id=made.id))
    failed = [check.id for check in explained.checks if check.state == campaign_pb2.CHECK_STATE_FAILED]
    assert failed[:2] == ["lead-not-dnc", "campaign-running"]
    with refused() as refusal:
        await api.leads.ExplainLead(lead_pb2.ExplainLeadRequest(id=4711))
    assert refusal.error_id == "lead-not-found"


async def test_an_attempt_is_read_by_its_canonical_id_only(api: Api) -> None:
    for text in ("", "nonsense", str(uuid.uuid4()), "0197F000-0000-7000-8000-000000000000"):
        with refused() as refusal:
            await api.attempts.GetAttempt(attempt_pb2.GetAttemptRequest(id=text))
        assert (refusal.code, refusal.error_id) == (INVALID, "attempt-id-invalid")
    with refused() as refusal:
        await api.attempts.GetAttempt(attempt_pb2.GetAttemptRequest(id="0197f000-0000-7000-8000-000000000000"))
    assert (refusal.code, refusal.error_id) == (NOT_FOUND, "attempt-not-found")
    with refused() as refusal:
        await api.attempts.ListAttempts(attempt_pb2.ListAttemptsRequest(outcome="tired", state=77))
    assert refusal.fields == {"outcome", "state"}


async def test_nodes_and_trunks_are_kept(api: Api, world: World) -> None:
    [node] = (await api.nodes.ListNodes(node_pb2.ListNodesRequest())).nodes
    [trunk] = (await api.trunks.ListTrunks(trunk_pb2.ListTrunksRequest())).trunks
    assert (node.name, trunk.name, trunk.node_id, trunk.max_channels) == ("n1", "t1", node.id, 30)
    assert node.ami_state == node_pb2.AMI_STATE_UNSPECIFIED
    world.gateway_up()

    async def up() -> bool:
        shown = await api.nodes.GetNode(node_pb2.GetNodeRequest(id=node.id))
        return bool(shown.ami_state == node_pb2.AMI_STATE_UP and shown.asterisk_version == "20.6.0")

    await until(up)
    with refused() as refusal:
        await api.nodes.DeleteNode(node_pb2.DeleteNodeRequest(id=node.id))
    assert (refusal.code, refusal.error_id) == (PRECONDITION, "node-in-use")
    with refused() as refusal:
        await api.nodes.CreateNode(node_pb2.CreateNodeRequest(node=node_pb2.Node(name="a b", gateway_address="x")))
    assert refusal.fields == {"node.name", "node.gateway_address"}
    made = await api.nodes.CreateNode(
        node_pb2.CreateNodeRequest(node=node_pb2.Node(name="n2", gateway_address="gateway:50053"))
    )
    update = node_pb2.UpdateNodeRequest(
        node=node_pb2.Node(id=made.id, disabled=True), update_mask=FieldMask(paths=["disabled"])
    )
    assert (await api.nodes.UpdateNode(update)).disabled
    await api.nodes.DeleteNode(node_pb2.DeleteNodeRequest(id=made.id))
    bad = trunk_pb2.Trunk(
        name="", node_id=node.id, dial="PJSIP/{number}@a,b", number_format="roman", max_calls_per_second=float("nan")
    )
    with refused() as refusal:
        await api.trunks.CreateTrunk(trunk_pb2.CreateTrunkRequest(trunk=bad))
    assert refusal.error_id == "trunk-invalid"
    assert refusal.fields == {
        "trunk.name",
        "trunk.dial",
        "trunk.number_format",
        "trunk.max_channels",
        "trunk.max_calls_per_second",
    }
    good = trunk_pb2.Trunk(
        name="t2", node_id=99, dial="PJSIP/{number}@b", max_channels=5, max_calls_per_second=2, caller_id="1130001000"
    )
    with refused() as refusal:
        await api.trunks.CreateTrunk(trunk_pb2.CreateTrunkRequest(trunk=good))
    assert (refusal.code, refusal.error_id) == (NOT_FOUND, "node-not-found")
    good.node_id = node.id
    second = await api.trunks.CreateTrunk(trunk_pb2.CreateTrunkRequest(trunk=good))
    change = trunk_pb2.UpdateTrunkRequest(
        trunk=trunk_pb2.Trunk(id=second.id, max_channels=7), update_mask=FieldMask(paths=["max_channels"])
    )
    assert (await api.trunks.UpdateTrunk(change)).max_channels == 7
    await api.trunks.DeleteTrunk(trunk_pb2.DeleteTrunkRequest(id=second.id))
    with refused() as refusal:
        await api.trunks.GetTrunk(trunk_pb2.GetTrunkRequest(id=second.id))
    assert refusal.error_id == "trunk-not-found"


async def test_the_do_not_call_list_is_kept(api: Api) -> None:
    entry = dnc_pb2.DncEntry(number="11987654321", reason="asked")
    made = await api.dnc.CreateDncEntry(dnc_pb2.CreateDncEntryRequest(entry=entry))
    assert (made.number, made.source) == ("+5511987654321", "manual")
    assert await api.dnc.CreateDncEntry(dnc_pb2.CreateDncEntryRequest(entry=entry)) == made
    assert await api.dnc.GetDncEntry(dnc_pb2.GetDncEntryRequest(number="+55 11 98765-4321")) == made
    many = dnc_pb2.ImportDncEntriesRequest(numbers=["11987654321", "21987654321", "x", "(21) 98765-4321"])
    result = await api.dnc.ImportDncEntries(many)
    assert (result.added, result.known, list(result.refused)) == (1, 2, [2])
    page = await api.dnc.ListDncEntries(dnc_pb2.ListDncEntriesRequest(page_size=1))
    rest = await api.dnc.ListDncEntries(dnc_pb2.ListDncEntriesRequest(page_size=1, page_token=page.next_page_token))
    assert [one.number for one in (*page.entries, *rest.entries)] == ["+5511987654321", "+5521987654321"]
    await api.dnc.DeleteDncEntry(dnc_pb2.DeleteDncEntryRequest(number=made.number))
    for call in (
        api.dnc.GetDncEntry(dnc_pb2.GetDncEntryRequest(number=made.number)),
        api.dnc.DeleteDncEntry(dnc_pb2.DeleteDncEntryRequest(number=made.number)),
    ):
        with refused() as refusal:
            await call
        assert (refusal.code, refusal.error_id) == (NOT_FOUND, "dnc-entry-not-found")
    with refused() as refusal:
        await api.dnc.ImportDncEntries(dnc_pb2.ImportDncEntriesRequest())
    assert refusal.error_id == "dnc-invalid"


async def test_the_system_tells_what_is_and_obeys(api: Api, world: World) -> None:
    async def leads() -> bool:
        return bool((await api.system.GetSystem(system_pb2.GetSystemRequest())).leader)

    await until(leads)
    world.report("worker", "w-1", in_flight=2, gated=7, nodes=["n1"])

    async def both() -> bool:
        shown = await api.system.GetSystem(system_pb2.GetSystemRequest())
        return {one.service for one in shown.services} == {"master", "worker"}

    await until(both)
    shown = await api.system.GetSystem(system_pb2.GetSystemRequest())
    assert (shown.state, shown.database, shown.redis) == (system_pb2.SYSTEM_STATE_RUNNING, "ok", "ok")
    assert shown.leader_epoch >= 1
    stopped = await api.system.StopSystem(system_pb2.StopSystemRequest(request_id="stop"))
    assert stopped.state == system_pb2.SYSTEM_STATE_STOPPED
    assert (await api.system.StartSystem(system_pb2.StartSystemRequest())).state == system_pb2.SYSTEM_STATE_RUNNING
    queue = await api.system.GetQueue(system_pb2.GetQueueRequest())
    assert (queue.jobs_waiting, queue.attempts_queued, [one.node for one in queue.events]) == (0, 0, ["n1"])
    [worker] = (await api.workers.ListWorkers(worker_pb2.ListWorkersRequest())).workers
    assert (worker.id, worker.in_flight, worker.gated, list(worker.nodes)) == ("w-1", 2, 7, ["n1"])
    await api.workers.RestartWorker(worker_pb2.RestartWorkerRequest(id="w-1"))
    assert await world.redis.get("discador:command:w-1") == b"restart"
    with refused() as refusal:
        await api.workers.GetWorker(worker_pb2.GetWorkerRequest(id="nobody"))
    assert (refusal.code, refusal.error_id) == (NOT_FOUND, "worker-not-found")


async def test_a_restart_of_the_system_ends_the_master_in_order(api: Api, world: World) -> None:
    await api.system.RestartSystem(system_pb2.RestartSystemRequest())
    _, task = world._running.pop()
    assert await task == 0


async def test_a_restart_of_the_system_waits_for_the_workers_before_gateways_and_masters(
    api: Api, world: World
) -> None:
    world.gateway_up()
    world.report("worker", "w-1")

    async def both() -> bool:
        shown = await api.system.GetSystem(system_pb2.GetSystemRequest())
        return {one.service for one in shown.services} == {"master", "worker", "ami-gateway"}

    await until(both)
    restarting = asyncio.ensure_future(api.system.RestartSystem(system_pb2.RestartSystemRequest()))

    async def commanded(instance: str) -> bool:
        return bool(await world.redis.get(f"discador:command:{instance}") == b"restart")

    await until(lambda: commanded("w-1"))
    assert not await commanded("gw-1")
    await world.leave("w-1")
    await restarting
    assert await commanded("gw-1")


async def test_a_campaign_says_why_it_does_not_dial(api: Api, world: World) -> None:
    campaign = await new_campaign(api)

    async def reason() -> str:
        shown = await api.campaigns.GetCampaign(campaign_pb2.GetCampaignRequest(id=campaign.id))
        failed = (check.id for check in shown.checks if check.state == campaign_pb2.CHECK_STATE_FAILED)
        return next(failed, "")

    async def becomes(wanted: str) -> None:
        async def is_wanted() -> bool:
            return await reason() == wanted

        await until(is_wanted)

    await becomes("campaign-running")
    await api.leads.CreateLead(
        lead_pb2.CreateLeadRequest(lead=lead_pb2.Lead(campaign_id=campaign.id, number="11987654321"))
    )
    await api.campaigns.StartCampaign(campaign_pb2.StartCampaignRequest(id=campaign.id))
    await becomes("gateway-up")
    await api.system.StopSystem(system_pb2.StopSystemRequest())
    await becomes("system-running")
    await api.system.StartSystem(system_pb2.StartSystemRequest())
    closed = campaign_pb2.CallingWindow(holidays=[])
    closed.spans.add(weekdays=[1, 2, 3, 4, 5, 6, 7], opens="00:00", closes="00:01")
    mask = FieldMask(paths=["settings.window"])
    change = campaign_pb2.Campaign(id=campaign.id, settings=campaign_pb2.CampaignSettings(window=closed))
    await api.campaigns.UpdateCampaign(campaign_pb2.UpdateCampaignRequest(campaign=change, update_mask=mask))
    await becomes("window-open")
