"""`request`: answers kept so that a repetition of a request gets the same one."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from discador.store.tables.metadata import OPTIONS, metadata
from discador.store.types import Instant

request = sa.Table(
    "request",
    metadata,
    sa.Column("request_id", sa.String(200), primary_key=True),
    sa.Column("method", sa.String(200), nullable=False),
    sa.Column("fingerprint", sa.LargeBinary(64).with_variant(mysql.VARBINARY(64), "mysql"), nullable=False),
    sa.Column("response", sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql")),
    sa.Column("created_at", Instant, nullable=False),
    sa.Index("request_age", "created_at"),
    **OPTIONS,
)
