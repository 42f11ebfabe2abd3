"""`attempt` and what happened to it. No foreign keys, for the reason given in `tables.lead`.

Both databases compute `live` and `live_lead`; the unique index on `live_lead` makes a second live attempt on a lead
impossible. On SQLite the indexes of live rows are partial.
"""

from __future__ import annotations

import sqlalchemy as sa

from discador.core.attempt import Outcome, State
from discador.core.campaign import Mode
from discador.core.lead import LeadState
from discador.store.tables.metadata import OPTIONS, Id, metadata
from discador.store.types import AttemptId, Choice, Instant

attempt = sa.Table(
    "attempt",
    metadata,
    sa.Column("id", AttemptId, primary_key=True),
    sa.Column("lead_id", Id, nullable=False),
    sa.Column("campaign_id", Id, nullable=False),
    sa.Column("no", sa.Integer, nullable=False),
    sa.Column("number", sa.String(20), nullable=False),
    sa.Column("trunk_id", Id, nullable=False),
    sa.Column("node_id", Id, nullable=False),
    sa.Column("mode", Choice(Mode), nullable=False),
    sa.Column("origin", Choice(LeadState), nullable=False),
    sa.Column("state", Choice(State), nullable=False),
    sa.Column("reached", Choice(State), nullable=False),
    sa.Column("outcome", Choice(Outcome)),
    sa.Column("hangup_cause", sa.Integer),
    sa.Column("detail", sa.String(255), nullable=False),
    sa.Column("digits", sa.String(64), nullable=False),
    sa.Column("worker", sa.String(200), nullable=False),
    sa.Column("usage_day", sa.Date),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("not_after", Instant),
    sa.Column("submitting_at", Instant),
    sa.Column("ringing_at", Instant),
    sa.Column("answered_at", Instant),
    sa.Column("ended_at", Instant),
    sa.Column("checked_at", Instant),
    sa.Column("live", sa.SmallInteger, sa.Computed("CASE WHEN state = 'ended' THEN NULL ELSE 1 END", persisted=True)),
    sa.Column(
        "live_lead", sa.BigInteger, sa.Computed("CASE WHEN state = 'ended' THEN NULL ELSE lead_id END", persisted=True)
    ),
    sa.Index("attempt_no", "lead_id", "no", unique=True),
    sa.Index("attempt_live_lead", "live_lead", unique=True, sqlite_where=sa.text("live_lead IS NOT NULL")),
    sa.Index(
        "attempt_live",
        "live",
        "campaign_id",
        "trunk_id",
        "state",
        "node_id",
        sqlite_where=sa.text("live IS NOT NULL"),
    ),
    sa.Index("attempt_page", "campaign_id", "id"),
    **OPTIONS,
)

call_event = sa.Table(
    "call_event",
    metadata,
    sa.Column("attempt_id", AttemptId, primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("detail", sa.String(255), nullable=False),
    **OPTIONS,
)
