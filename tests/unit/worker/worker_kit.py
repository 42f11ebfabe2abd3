"""Builders of what the store hands to the worker."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from discador.core.attempt import State, attempt_id
from discador.core.campaign import CampaignSettings, CampaignState, Mode
from discador.core.compliance import ALWAYS_OPEN
from discador.core.lead import LeadState
from discador.store.records import Attempt, Campaign, Candidate, Gated, Lead, Trunk, Usage

#: A Wednesday, 12:00 in São Paulo.
NOON = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
NUMBER = "+5511987654321"


def new_id(n: int = 0) -> uuid.UUID:
    return attempt_id(1_700_000_000_000_000 + n * 1000, n.to_bytes(8, "big"))


def settings(**changes: Any) -> CampaignSettings:
    return replace(CampaignSettings(message="demo", window=ALWAYS_OPEN), **changes)


def campaign(**changes: Any) -> Campaign:
    return Campaign(1, "c", CampaignState.RUNNING, settings(**changes), 1, NOON, NOON)


def attempt(**changes: Any) -> Attempt:
    made = Attempt(
        id=new_id(),
        lead_id=1,
        campaign_id=1,
        no=1,
        number=NUMBER,
        trunk_id=1,
        node_id=1,
        mode=Mode.BROADCAST,
        origin=LeadState.NEW,
        state=State.QUEUED,
        reached=State.QUEUED,
        outcome=None,
        hangup_cause=None,
        detail="",
        digits="",
        worker="",
        usage_day=None,
        created_at=NOON,
        expires_at=NOON + timedelta(seconds=60),
        not_after=None,
        submitting_at=None,
        ringing_at=None,
        answered_at=None,
        ended_at=None,
        checked_at=None,
    )
    return replace(made, **changes)


def lead(**changes: Any) -> Lead:
    made = Lead(
        id=1,
        campaign_id=1,
        list_id=None,
        number=NUMBER,
        name="",
        external_id="",
        priority=50,
        zones=("America/Sao_Paulo",),
        fields={},
        state=LeadState.RESERVED,
        ready=0,
        due_at=None,
        attempts=0,
        last_no=1,
        outcome_counts={},
        last_outcome="",
        reason="",
        created_at=NOON,
    )
    return replace(made, **changes)


def trunk(**changes: Any) -> Trunk:
    made = Trunk(1, "t", 1, "PJSIP/{number}@carrier", "e164_without_plus", 10, 5.0, "1140004000", False, False)
    return replace(made, **changes)


def candidate(**changes: Any) -> Candidate:
    made = Candidate(attempt(), lead(), campaign(), trunk(), Usage(NUMBER, None, 0, 0, None), False, NOON)
    return replace(made, **changes)


def gated(**changes: Any) -> Gated:
    taken = attempt(state=State.SUBMITTING, not_after=NOON + timedelta(seconds=10))
    return replace(Gated(taken, campaign(), trunk(), lead()), **changes)
