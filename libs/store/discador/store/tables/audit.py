"""`audit`: entries in a hash chain; `audit_head`: where it ends, in one row that the first entry makes."""

from __future__ import annotations

import sqlalchemy as sa

from discador.store.tables.metadata import OPTIONS, Id, metadata
from discador.store.types import JSON_TEXT, Instant

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("no", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("user_id", Id, nullable=False),
    sa.Column("address", sa.String(64), nullable=False),
    sa.Column("action", sa.String(64), nullable=False),
    sa.Column("object", sa.String(200), nullable=False),
    sa.Column("before", JSON_TEXT, nullable=False),
    sa.Column("after", JSON_TEXT, nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Index("audit_actor", "actor", "no"),
    sa.Index("audit_action", "action", "no"),
    sa.Index("audit_object", "object", "no"),
    sa.Index("audit_at", "at"),
    **OPTIONS,
)

audit_head = sa.Table(
    "audit_head",
    metadata,
    sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("no", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    **OPTIONS,
)
