"""The gate: what its judge sees, says, and what comes of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from discador.core.lead import LeadNext
from discador.store.records.attempt import Attempt
from discador.store.records.campaign import Campaign
from discador.store.records.lead import Lead
from discador.store.records.trunk import Trunk


@dataclass(frozen=True, slots=True)
class Usage:
    """What a number has had over all campaigns: passes of the gate on the local date `day`, and ever."""

    number: str
    day: date | None
    today: int
    total: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A queued attempt under lock, with all that decides whether it may be dialled. `now` is the database's."""

    attempt: Attempt
    lead: Lead
    campaign: Campaign
    trunk: Trunk
    usage: Usage
    dnc: bool
    now: datetime


@dataclass(frozen=True, slots=True)
class Pass:
    """Dial it; the number's use is counted under `local_day`."""

    local_day: date


@dataclass(frozen=True, slots=True)
class Block:
    """Do not dial it. `lead_next` is what becomes of the lead (`core.lead.after_attempt`)."""

    reason: str
    lead_next: LeadNext


Verdict = Pass | Block


@dataclass(frozen=True, slots=True)
class Gated:
    """An attempt that passed: `submitting`, durable, and this worker's to dial exactly once."""

    attempt: Attempt
    campaign: Campaign
    trunk: Trunk
    lead: Lead


@dataclass(frozen=True, slots=True)
class GateResult:
    """`missed`: not queued any more, expired, or not to be dialled now. Nobody dials blocked or missed ones."""

    passed: list[Gated]
    blocked: list[tuple[uuid.UUID, str]]
    missed: list[uuid.UUID]
