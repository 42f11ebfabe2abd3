"""The path of a call, end to end: MariaDB, Redis, Asterisk, and a SIPp carrier that keeps its own count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from discador.v1 import campaign_pb2, lead_pb2
from tests.system.carrier_truth import (
    above_pace,
    dialled_twice,
    disagreements,
    overlapping,
    unknown_to_us,
    witnessed_outcomes,
)
from tests.system.installation import MIXED, mixed_numbers, outcomes, until
from tests.system.site import Site


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("version", ["22", "16"])
def test_a_thousand_leads_end_as_the_carrier_saw_them(make_site: Callable[..., Site], version: str) -> None:
    site = make_site(version, channels=250, cps=80)
    campaign = site.discador.campaign("mixed", mixed_numbers(1000, MIXED), max_channels=250)
    site.discador.start_campaign(campaign)
    site.discador.until_completed(campaign, within=150)
    attempts = site.discador.attempts(campaign)

    assert len(attempts) == 1000
    assert dialled_twice(site.carrier) == {}
    assert unknown_to_us(site.carrier, attempts) == set()
    assert disagreements(site.carrier, attempts) == []
    assert outcomes(attempts) == witnessed_outcomes(site.carrier)
    assert set(outcomes(attempts)) == {"connected", "busy", "no_answer", "invalid_number", "rejected"}
    assert above_pace(site.carrier, 80) == ""
    counted = site.discador.show(campaign).counters.outcomes
    assert Counter({name: count for name, count in counted.items() if count}) == outcomes(attempts)
    assert Counter(lead_pb2.LeadState.Name(lead.state) for lead in site.discador.leads(campaign)) == Counter(
        LEAD_STATE_DONE=outcomes(attempts)["connected"],
        LEAD_STATE_INVALID=outcomes(attempts)["invalid_number"],
        LEAD_STATE_EXHAUSTED=1000 - outcomes(attempts)["connected"] - outcomes(attempts)["invalid_number"],
    )


@pytest.mark.slow
def test_retries_come_at_their_time_and_digits_are_obeyed(make_site: Callable[..., Site]) -> None:
    site = make_site()
    busy = campaign_pb2.RetryRule(outcome="busy", delay_s=3, max_attempts=3, multiplier=2)
    campaign = site.discador.campaign(
        "retries",
        mixed_numbers(20, [3, 19]),
        max_attempts_per_lead=3,
        retry_rules=[busy],
        digits={"9": campaign_pb2.DIGIT_ACTION_OPT_OUT},
        message="demo-congrats",
    )
    site.discador.start_campaign(campaign)
    site.discador.until_completed(campaign, within=60)
    attempts = site.discador.attempts(campaign)
    assert disagreements(site.carrier, attempts) == []
    assert dialled_twice(site.carrier) == {}
    assert overlapping(attempts, site.carrier.witnessed()) == []
    tries: dict[int, list[float]] = {}
    for attempt in sorted((a for a in attempts if a.outcome == "busy"), key=lambda a: a.no):
        tries.setdefault(attempt.lead_id, []).append(site.carrier.witnessed()[attempt.id].times[0])
    assert len(tries) == 10
    for first, second, third in tries.values():
        assert 3 <= second - first < 6
        assert 6 <= third - second < 9
    opted_out = [attempt for attempt in attempts if attempt.digits == "9"]
    assert len(opted_out) == 10
    assert site.discador.cli("dnc", "check", opted_out[0].number)["source"] == "opt_out"


@pytest.mark.slow
def test_nothing_is_dialled_after_a_pause_and_dialling_resumes(make_site: Callable[..., Site]) -> None:
    site = make_site(cps=30)
    campaign = site.discador.campaign("paused", mixed_numbers(300, [20]))
    site.discador.start_campaign(campaign)
    site.discador.until_answered(campaign, 60)
    site.discador.cli("campaign", "pause", "paused")
    # What passed the gate before the pause was on its way to Asterisk already: it is placed within moments.
    until(lambda: site.discador.show(campaign).counters.live == 0, 30, "live attempts to end")
    placed = len(site.carrier.invites())
    shown = site.discador.cli("campaign", "show", "paused")
    assert shown["dialling"] is False
    assert next(check["id"] for check in shown["checks"] if check["state"] == "CHECK_STATE_FAILED").startswith(
        "campaign"
    )
    assert len(site.carrier.invites()) == placed < 300
    site.discador.cli("campaign", "resume", "paused")
    site.discador.until_completed(campaign, within=60)
    attempts = site.discador.attempts(campaign)
    assert len(site.carrier.invites()) == 300
    assert dialled_twice(site.carrier) == {}
    assert disagreements(site.carrier, attempts) == []
    assert above_pace(site.carrier, 30) == ""
