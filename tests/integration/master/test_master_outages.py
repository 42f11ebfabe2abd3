"""Redis or the database away: the master says so, dials nothing, and goes on by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest

from discador.v1 import campaign_pb2, lead_pb2, system_pb2, worker_pb2
from tests.integration.master.master_kit import World, new_campaign, refused, until
from tests.rig.redis import Redis


@pytest.fixture
async def own_redis() -> AsyncIterator[Redis]:
    """A Redis that the test may kill."""
    with Redis() as server:
        yield server


async def test_without_redis_it_answers_says_so_and_dials_again_when_redis_is_back(
    own_redis: Redis, tmp_path: Path
) -> None:
    world = World(tmp_path, own_redis.url)
    try:
        api = await world.master()
        own_redis.kill()

        async def says_so() -> bool:
            shown = await api.system.GetSystem(system_pb2.GetSystemRequest())
            return bool(shown.redis != "ok" and shown.database == "ok")

        await until(says_so)
        with refused() as refusal:
            await api.workers.ListWorkers(worker_pb2.ListWorkersRequest())
        assert (refusal.code, refusal.error_id) == (grpc.StatusCode.UNAVAILABLE, "redis-unavailable")
        campaign = await new_campaign(api)
        lead = lead_pb2.Lead(campaign_id=campaign.id, number="11987654321")
        await api.leads.CreateLead(lead_pb2.CreateLeadRequest(lead=lead))
        await api.campaigns.StartCampaign(campaign_pb2.StartCampaignRequest(id=campaign.id))
        shown = await api.campaigns.GetCampaign(campaign_pb2.GetCampaignRequest(id=campaign.id))
        failed = [check.id for check in shown.checks if check.state == campaign_pb2.CHECK_STATE_FAILED]
        assert "redis" in failed[:1]
        own_redis.restart()
        world.gateway_up()
        await until(lambda: world.store.campaigns.live_count(campaign.id) == 1, 20.0)
    finally:
        await world.close()
