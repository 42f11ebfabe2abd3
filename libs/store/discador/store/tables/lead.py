"""`lead`, the lists that leads came in, and the time zones that a campaign's leads lie in.

`lead` has no foreign keys: each would lock a row of its parent for every lead written.
"""

from __future__ import annotations

import sqlalchemy as sa

from discador.core.lead import LeadState
from discador.store.tables.metadata import OPTIONS, Id, metadata
from discador.store.types import Choice, Instant, JsonObject

lead_list = sa.Table(
    "lead_list",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=True),
    sa.Column("campaign_id", Id, sa.ForeignKey("campaign.id", name="fk_lead_list_campaign"), nullable=False),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("import_id", Id),
    sa.Column("leads", sa.BigInteger, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Index("lead_list_campaign", "campaign_id", "id"),
    **OPTIONS,
)

lead = sa.Table(
    "lead",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=True),
    sa.Column("campaign_id", Id, nullable=False),
    sa.Column("list_id", Id),
    sa.Column("number", sa.String(20), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("external_id", sa.String(200), nullable=False),
    sa.Column("priority", sa.SmallInteger, nullable=False),
    sa.Column("zones", sa.String(255), nullable=False),
    sa.Column("fields", JsonObject, nullable=False),
    sa.Column("state", Choice(LeadState), nullable=False),
    sa.Column("ready", sa.SmallInteger, nullable=False),
    sa.Column("due_at", Instant),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("last_no", sa.Integer, nullable=False),
    sa.Column("outcome_counts", JsonObject, nullable=False),
    sa.Column("last_outcome", sa.String(20), nullable=False),
    sa.Column("reason", sa.String(255), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Index("lead_number", "campaign_id", "number", unique=True),
    sa.Index("lead_reservation", "campaign_id", "ready", "priority", "due_at", "id"),
    sa.Index("lead_promotion", "campaign_id", "ready", "due_at"),
    sa.Index("lead_page", "campaign_id", "id"),
    sa.Index("lead_state", "campaign_id", "state", "id"),
    **OPTIONS,
)

#: Every zone key that leads of the campaign have had: a superset of those of its ready leads.
lead_zone = sa.Table(
    "lead_zone",
    metadata,
    sa.Column("campaign_id", Id, primary_key=True, autoincrement=False),
    sa.Column("zones", sa.String(255), primary_key=True),
    **OPTIONS,
)
