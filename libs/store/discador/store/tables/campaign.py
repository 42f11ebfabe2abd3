"""`campaign` and its counters."""

from __future__ import annotations

import sqlalchemy as sa

from discador.core.campaign import CampaignState
from discador.store.tables.metadata import OPTIONS, Id, metadata
from discador.store.types import JSON_TEXT, Choice, Instant

campaign = sa.Table(
    "campaign",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("state", Choice(CampaignState), nullable=False),
    sa.Column("settings", JSON_TEXT, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    sa.Index("campaign_name", "name", unique=True),
    sa.Index("campaign_state", "state"),
    **OPTIONS,
)

#: `lead.<state>` and `outcome.<outcome>`; each is the sum of its slots, which spread contention over rows.
campaign_counter = sa.Table(
    "campaign_counter",
    metadata,
    sa.Column("campaign_id", Id, primary_key=True, autoincrement=False),
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("slot", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("value", sa.BigInteger, nullable=False),
    **OPTIONS,
)
