"""Attempts, their history, and what can be told of them at once."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from discador.core.attempt import Outcome, State
from discador.core.attempt.events import Event
from discador.core.campaign import Mode
from discador.core.lead import LeadState


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to reach one number. Times lie between the intent and the database's clock (`progress.apply`)."""

    id: uuid.UUID
    lead_id: int
    campaign_id: int
    no: int  #: 1 for the lead's first attempt
    number: str
    trunk_id: int
    node_id: int
    mode: Mode
    origin: LeadState  #: state of the lead before it was reserved
    state: State
    reached: State  #: the furthest state known, also while in doubt and after the end
    outcome: Outcome | None
    hangup_cause: int | None  #: Q.850
    detail: str
    digits: str
    worker: str
    usage_day: date | None  #: local date under which the number's use was counted
    created_at: datetime
    expires_at: datetime
    not_after: datetime | None
    submitting_at: datetime | None
    ringing_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    checked_at: datetime | None  #: when it was last heard of or asked about


@dataclass(frozen=True, slots=True)
class EventRow:
    """One entry of an attempt's history."""

    attempt_id: uuid.UUID
    seq: int
    kind: str
    at: datetime
    detail: str


@dataclass(frozen=True, slots=True)
class LiveCount:
    """How many attempts of this campaign, trunk and node are in this state."""

    campaign_id: int
    trunk_id: int
    node_id: int
    state: State
    count: int


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to an attempt. `seq` is its place among the events that its source saw, so that a
    repetition is known as one; None for what we decided ourselves. `at` may come from another clock."""

    attempt_id: uuid.UUID
    event: Event
    at: datetime
    seq: int | None
    kind: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """What a happening made of its attempt. `attempt` and `before` are None for an unknown id."""

    attempt: Attempt | None
    before: State | None
    changed: bool
    ended: bool
    illegal: str | None = None  #: error id of the refusal: unknown-attempt, attempt-illegal-event
