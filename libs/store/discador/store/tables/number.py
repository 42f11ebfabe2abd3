"""What is known of a number over all campaigns: its use, and whether it may be called at all."""

from __future__ import annotations

import sqlalchemy as sa

from discador.store.tables.metadata import OPTIONS, Id, metadata
from discador.store.types import Instant

#: `previous_at` is `last_at` before the last pass of the gate: what a call proven not dialled gives back.
number_usage = sa.Table(
    "number_usage",
    metadata,
    sa.Column("number", sa.String(20), primary_key=True),
    sa.Column("day", sa.Date),
    sa.Column("today", sa.Integer, nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("last_at", Instant),
    sa.Column("previous_at", Instant),
    **OPTIONS,
)

#: `id` is for pages only: their tokens stand in URLs, where no number may.
dnc = sa.Table(
    "dnc",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=True),
    sa.Column("number", sa.String(20), nullable=False),
    sa.Column("reason", sa.String(255), nullable=False),
    sa.Column("source", sa.String(40), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Index("dnc_number", "number", unique=True),
    **OPTIONS,
)
