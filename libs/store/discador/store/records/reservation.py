"""Reservation: what is asked for, and what was given."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ReservePlan:
    """Reserve up to `limit` leads of a campaign for a trunk."""

    campaign_id: int
    trunk_id: int
    node_id: int
    limit: int
    expires_in_s: float  #: an attempt not through the gate by then is given back
    closed_zones: Mapping[str, datetime] = field(default_factory=dict)  #: zone key → when it opens
    batch: int = 500  #: leads looked at in one go while zones are closed


@dataclass(frozen=True, slots=True)
class Reserved:
    """A lead that is reserved, and its attempt in state `queued`."""

    attempt_id: uuid.UUID
    lead_id: int
    number: str
    no: int
