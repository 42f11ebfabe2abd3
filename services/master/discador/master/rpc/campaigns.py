# ruff: noqa: N802 - methods bear the names that the contract gives them
"""CampaignService."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from google.protobuf.empty_pb2 import Empty

from discador.core.campaign import CampaignSettings, Command
from discador.core.errors import InvalidSettings
from discador.master import masks, pages
from discador.master.convert.campaigns import campaign_to_wire, checks_to_wire, counters_to_wire, version_of
from discador.master.convert.enums import CAMPAIGN_STATE, member
from discador.master.convert.settings import settings_from_wire
from discador.master.database import Database
from discador.master.explanation import Explanation
from discador.master.texts import MAX_NAME, fault_in
from discador.master.violations import Violations
from discador.master.wake import Wake
from discador.store.records import Campaign
from discador.v1 import campaign_pb2 as wire
from discador.v1 import campaign_pb2_grpc

_WRITABLE: Final = frozenset({"name", "settings"})


class CampaignServicer(campaign_pb2_grpc.CampaignServiceServicer):
    """Creates, changes and commands campaigns. A command wakes the dialler and the sweeper."""

    def __init__(self, database: Database, explanation: Explanation, wake: Wake, default_zone: str) -> None:
        self._database = database
        self._store = database.store
        self._explanation = explanation
        self._wake = wake
        self._default_zone = default_zone

    async def CreateCampaign(self, request: wire.CreateCampaignRequest, context: Any) -> wire.Campaign:
        def work() -> wire.Campaign:
            name, settings = self._checked(request.campaign)
            return self._shown(self._store.campaigns.create(name, settings))

        return await self._database.once(request, wire.Campaign, work)

    async def GetCampaign(self, request: wire.GetCampaignRequest, context: Any) -> wire.Campaign:
        checks = await self._explanation.of_campaign(request.id)
        message = await self._database.run(lambda: self._shown(self._store.campaigns.get(request.id)))
        message.checks.extend(checks_to_wire(checks))
        message.dialling = all(check.ok for check in checks)
        return message

    async def ListCampaigns(self, request: wire.ListCampaignsRequest, context: Any) -> wire.ListCampaignsResponse:
        def work() -> wire.ListCampaignsResponse:
            size = pages.page_size(request.page_size)
            state = _state(request.state)
            before = pages.decode(request.page_token, int, "campaigns", state)
            found = self._store.campaigns.list(size + 1, before_id=before, state=state)
            return wire.ListCampaignsResponse(
                campaigns=[self._shown(campaign) for campaign in found[:size]],
                next_page_token=pages.next_token(found, size, lambda c: c.id, "campaigns", state),
            )

        return await self._database.run(work)

    async def UpdateCampaign(self, request: wire.UpdateCampaignRequest, context: Any) -> wire.Campaign:
        def work() -> wire.Campaign:
            current = self._store.campaigns.get(request.campaign.id)
            changed = masks.merged(campaign_to_wire(current), request.campaign, request.update_mask, _WRITABLE)
            name, settings = self._checked(changed)
            expected = version_of(request.campaign.etag)
            return self._shown(
                self._store.campaigns.update(
                    current.id,
                    name=name if name != current.name else None,
                    settings=settings if settings != current.settings else None,
                    expected_version=current.version if expected is None else expected,
                )
            )

        return await self._database.once(request, wire.Campaign, work)

    async def DeleteCampaign(self, request: wire.DeleteCampaignRequest, context: Any) -> Empty:
        def work() -> Empty:
            self._store.campaigns.delete_draft(request.id)
            return Empty()

        return await self._database.once(request, Empty, work)

    async def StartCampaign(self, request: wire.StartCampaignRequest, context: Any) -> wire.Campaign:
        return await self._command(request, Command.START)

    async def PauseCampaign(self, request: wire.PauseCampaignRequest, context: Any) -> wire.Campaign:
        return await self._command(request, Command.PAUSE)

    async def ResumeCampaign(self, request: wire.ResumeCampaignRequest, context: Any) -> wire.Campaign:
        return await self._command(request, Command.RESUME)

    async def StopCampaign(self, request: wire.StopCampaignRequest, context: Any) -> wire.Campaign:
        return await self._command(request, Command.STOP)

    async def _command(self, request: Any, command: Command) -> wire.Campaign:
        work: Callable[[], wire.Campaign] = lambda: self._shown(self._store.campaigns.command(request.id, command))  # noqa: E731
        message = await self._database.once(request, wire.Campaign, work)
        await self._wake.send()
        return message

    def _checked(self, campaign: wire.Campaign) -> tuple[str, CampaignSettings]:
        """Return name and settings; blocking. Raises `InvalidInput` with all faults, or `NotFound` for a trunk."""
        found = Violations()
        found.add("campaign.name", fault_in(campaign.name, MAX_NAME, required=True))
        settings = None
        try:
            settings = settings_from_wire(campaign.settings, self._default_zone)
        except InvalidSettings as error:
            found.extend(error.faults, "campaign.settings")
        found.raise_if_any("campaign-invalid")
        assert settings is not None, "without faults there are settings"
        for trunk_id in settings.trunk_ids:
            self._store.trunks.get(trunk_id)
        return campaign.name, settings

    def _shown(self, campaign: Campaign) -> wire.Campaign:
        message = campaign_to_wire(campaign)
        leads, outcomes = self._store.campaigns.counters(campaign.id)
        message.counters.CopyFrom(counters_to_wire(leads, outcomes, self._store.campaigns.live_count(campaign.id)))
        return message


def _state(number: int) -> Any:
    found = Violations()
    state = member(CAMPAIGN_STATE, number)
    found.check(not number or state is not None, "state", "must be a state that this version knows")
    found.raise_if_any("filter-invalid")
    return state
