"""Why a campaign or a lead is not dialled: the first failed check is the real reason, and nothing false is said."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from discador.core.campaign import Command
from discador.v1 import campaign_pb2, lead_pb2, trunk_pb2
from tests.integration.master.master_kit import Api, World, until

SAO_PAULO, MANAUS = "+5511987650001", "+5592987650001"


def only_now_in_manaus() -> campaign_pb2.CallingWindow:
    """A window around this moment's clock in Manaus, at which São Paulo, an hour ahead, is outside."""
    now = datetime.now(ZoneInfo("America/Manaus"))
    minute = now.hour * 60 + now.minute
    opens, closes = max(0, minute - 20), min(24 * 60, minute + 20)
    clock = "{:02d}:{:02d}".format
    span = campaign_pb2.WindowSpan(
        weekdays=range(1, 8), opens=clock(*divmod(opens, 60)), closes=clock(*divmod(closes, 60))
    )
    return campaign_pb2.CallingWindow(spans=[span])


async def campaign_of(api: Api, *numbers: str, window: campaign_pb2.CallingWindow) -> campaign_pb2.Campaign:
    settings = campaign_pb2.CampaignSettings(message="hello", max_channels=5, window=window)
    made: campaign_pb2.Campaign = await api.campaigns.CreateCampaign(
        campaign_pb2.CreateCampaignRequest(campaign=campaign_pb2.Campaign(name="c", settings=settings))
    )
    for number in numbers:
        lead = lead_pb2.Lead(campaign_id=made.id, number=number)
        await api.leads.CreateLead(lead_pb2.CreateLeadRequest(lead=lead))
    return made


async def checks_of(api: Api, campaign_id: int) -> dict[str, campaign_pb2.Check]:
    shown = await api.campaigns.GetCampaign(campaign_pb2.GetCampaignRequest(id=campaign_id))
    return {check.id: check for check in shown.checks}


async def lead_checks(api: Api, campaign_id: int) -> dict[str, campaign_pb2.Check]:
    leads = (await api.leads.ListLeads(lead_pb2.ListLeadsRequest(campaign_id=campaign_id))).leads
    answer = await api.leads.ExplainLead(lead_pb2.ExplainLeadRequest(id=leads[0].id))
    return {check.id: check for check in answer.checks}


def first_failed(checks: dict[str, campaign_pb2.Check]) -> str:
    return next(id_ for id_, check in checks.items() if check.state == campaign_pb2.CHECK_STATE_FAILED)


async def test_a_window_is_open_where_a_lead_may_be_called(api: Api) -> None:
    campaign = await campaign_of(api, SAO_PAULO, MANAUS, window=only_now_in_manaus())
    assert (await checks_of(api, campaign.id))["window-open"].state == campaign_pb2.CHECK_STATE_OK


async def test_a_window_that_is_closed_for_all_leads_says_when_it_opens_there(api: Api) -> None:
    campaign = await campaign_of(api, SAO_PAULO, window=only_now_in_manaus())
    check = (await checks_of(api, campaign.id))["window-open"]
    assert check.state == campaign_pb2.CHECK_STATE_FAILED
    assert "America/Sao_Paulo" in check.detail
    opens = datetime.fromisoformat(check.detail.rpartition("opens at ")[2])
    assert opens.utcoffset() == timedelta(hours=-3), "in the campaign's own time"


async def test_a_lead_that_waits_for_its_window_says_so_and_not_that_it_waits_for_a_retry(
    api: Api, world: World
) -> None:
    world.gateway_up()
    world.report("worker", "w-1")
    campaign = await campaign_of(api, SAO_PAULO, window=only_now_in_manaus())
    world.store.campaigns.command(campaign.id, Command.START)
    await until(lambda: world.store.leads.diallable(campaign.id, 1)[0][0] == 2)
    checks = await lead_checks(api, campaign.id)
    assert first_failed(checks) == "lead-window-open"
    assert checks["lead-due"].state == campaign_pb2.CHECK_STATE_FAILED
    assert not {"window-open", "leads-due", "caps"} & set(checks), "that is said of this lead already"


async def test_without_a_trunk_nothing_is_said_of_its_gateway(api: Api, world: World) -> None:
    world.gateway_up()
    campaign = await campaign_of(api, SAO_PAULO, window=campaign_pb2.CallingWindow(always=True))
    trunk = (await api.trunks.ListTrunks(trunk_pb2.ListTrunksRequest())).trunks[0]
    update = trunk_pb2.UpdateTrunkRequest(trunk=trunk_pb2.Trunk(id=trunk.id, disabled=True))
    update.update_mask.paths.append("disabled")
    await api.trunks.UpdateTrunk(update)
    world.store.campaigns.command(campaign.id, Command.START)
    checks = await checks_of(api, campaign.id)
    assert first_failed(checks) == "trunk-enabled"
    for id_ in ("gateway-up", "ami-up"):
        assert checks[id_].state == campaign_pb2.CHECK_STATE_UNKNOWN


async def test_a_campaign_whose_leads_are_all_being_called_says_so(api: Api, world: World) -> None:
    world.gateway_up()
    world.report("worker", "w-1")
    campaign = await campaign_of(api, SAO_PAULO, window=campaign_pb2.CallingWindow(always=True))
    world.store.campaigns.command(campaign.id, Command.START)

    async def called() -> bool:
        return "being called: 1" in (await checks_of(api, campaign.id))["leads-due"].detail

    await until(called)
