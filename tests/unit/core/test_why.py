from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discador.core.campaign import CampaignState
from discador.core.campaign.why import RULES, Facts, reason_of, why_not_dialling

DIALLING = Facts(
    database_ok=True,
    redis_ok=True,
    system_running=True,
    leader_alive=True,
    campaign_state=CampaignState.RUNNING,
    window_open=True,
    window_reason="inside the calling window",
    leads_due=10,
    leads_waiting=3,
    leads_capped=0,
    trunks=2,
    trunks_enabled=1,
    trunk_free_channels=5,
    campaign_free_channels=5,
    gateway_up=True,
    ami_up=True,
    workers_alive=2,
    backlog=3,
    max_backlog=100,
)
OPENS = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)


def test_a_campaign_with_all_it_needs_is_dialling():
    checks = why_not_dialling(DIALLING)
    assert all(check.ok for check in checks)
    assert reason_of(checks) is None


@pytest.mark.parametrize(
    ("change", "reason", "detail"),
    [
        ({"database_ok": False}, "database", "nothing is dialled without it"),
        ({"redis_ok": False}, "redis", "jobs"),
        ({"system_running": False}, "system-running", "all campaigns"),
        ({"leader_alive": False}, "leader", "reserves"),
        ({"campaign_state": CampaignState.PAUSED}, "campaign-running", "the campaign is paused"),
        (
            {"window_open": False, "window_reason": "a holiday", "window_opens_at": OPENS},
            "window-open",
            "a holiday; opens at 2026-03-03T12:00:00+00:00",
        ),
        ({"window_open": False, "window_reason": ""}, "window-open", "closed; opens at unknown"),
        (
            {"leads_due": 0, "next_due_at": OPENS},
            "leads-due",
            "due now: 0; being called: unknown; due later: 3; next at 2026-03-03T12:00:00+00:00",
        ),
        ({"leads_due": 0, "leads_capped": 4}, "caps", "leads held back by the daily cap or the spacing: 4"),
        ({"trunks_enabled": 0}, "trunk-enabled", "enabled: 0; in all: 2"),
        ({"gateway_up": False}, "gateway-up", "ami-gateway"),
        ({"ami_up": False, "ami_detail": "login refused"}, "ami-up", "login refused"),
        ({"workers_alive": 0}, "workers", "alive: 0"),
        ({"backlog": 100}, "back-pressure", "jobs waiting: 100; most allowed: 100"),
        ({"campaign_free_channels": 0}, "campaign-channels", "free: 0"),
        ({"trunk_free_channels": 0}, "trunk-channels", "free: 0"),
    ],
)
def test_what_is_missing_is_the_reason(change, reason, detail):
    check = reason_of(why_not_dialling(replace(DIALLING, **change)))
    assert check is not None
    assert check.id == reason
    assert detail in check.detail
    assert check.remedy


def test_the_first_of_several_failures_is_the_reason():
    everything = replace(DIALLING, system_running=False, workers_alive=0, leads_due=0)
    assert reason_of(why_not_dialling(everything)).id == "system-running"


def test_what_nobody_knows_is_neither_ok_nor_the_reason():
    unknown = Facts(None, None, None, None, CampaignState.RUNNING, None)
    checks = why_not_dialling(unknown)
    assert {check.ok for check in checks if check.id != "campaign-running"} == {None}
    assert reason_of(checks) is None


@given(
    st.builds(
        Facts,
        *[st.sampled_from([None, True, False])] * 4,
        st.sampled_from(CampaignState),
        st.sampled_from([None, True, False]),
        leads_due=st.none() | st.integers(0, 3),
        leads_capped=st.none() | st.integers(0, 3),
    )
)
def test_the_checks_are_always_the_same_and_in_the_same_order(facts):
    assert [check.id for check in why_not_dialling(facts)] == [rule[0] for rule in RULES]
