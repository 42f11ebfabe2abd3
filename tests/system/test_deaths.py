"""Whatever dies in the middle of a thousand calls: nobody is called twice, no lead is lost, the campaign ends."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from discador.v1 import lead_pb2
from tests.system.carrier_truth import dialled_twice, disagreements, overlapping, unknown_to_us
from tests.system.installation import MIXED, mixed_numbers, outcomes
from tests.system.site import Site

FINAL = {
    lead_pb2.LEAD_STATE_DONE,
    lead_pb2.LEAD_STATE_EXHAUSTED,
    lead_pb2.LEAD_STATE_INVALID,
    lead_pb2.LEAD_STATE_BLOCKED,
}


def kill_worker(site: Site) -> None:
    site.discador.kill("worker")


def kill_gateway(site: Site) -> None:
    site.discador.kill("ami-gateway")


def kill_master(site: Site) -> None:
    site.discador.kill("master")


def kill_asterisk(site: Site) -> None:
    site.asterisk.kill()
    site.asterisk.start()


def wipe_redis(site: Site) -> None:
    site.redis.wipe()


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("fault", [kill_worker, kill_gateway, kill_master, kill_asterisk, wipe_redis])
def test_a_campaign_survives(make_site: Callable[..., Site], fault: Callable[[Site], None]) -> None:
    site = make_site(channels=250, cps=80)
    campaign = site.discador.campaign("survivor", mixed_numbers(1000, MIXED), max_channels=250)
    site.discador.start_campaign(campaign)
    site.discador.until_answered(campaign, 300)
    fault(site)
    site.discador.until_completed(campaign, within=200)

    attempts = site.discador.attempts(campaign)
    leads = site.discador.leads(campaign)
    assert dialled_twice(site.carrier) == {}  # I2
    assert unknown_to_us(site.carrier, attempts) == set()
    assert overlapping(attempts, site.carrier.witnessed()) == []  # I3
    assert len(leads) == 1000
    assert {lead.state for lead in leads} <= FINAL  # I1
    assert outcomes(attempts)["live"] == 0  # I4
    assert disagreements(site.carrier, attempts) == []
    ended = outcomes(attempts)
    # What is unknown is at most what was in progress when it died: no more than the channels.
    assert ended["unknown"] <= 250
    assert ended["connected"] >= 400
