"""`system` and `leader`: one row each, made by the baseline migration."""

from __future__ import annotations

import sqlalchemy as sa

from discador.store.tables.metadata import OPTIONS, metadata
from discador.store.types import Instant

#: The id of the only row of `system` and of `leader`.
ONLY_ROW = 1

system = sa.Table(
    "system",
    metadata,
    sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("dialling", sa.Boolean, nullable=False),
    sa.Column("commanded_by", sa.String(200), nullable=False),
    sa.Column("commanded_at", Instant),
    sa.Column("restart_generation", sa.BigInteger, nullable=False),
    **OPTIONS,
)

leader = sa.Table(
    "leader",
    metadata,
    sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("holder", sa.String(200), nullable=False),
    sa.Column("taken_at", Instant),
    **OPTIONS,
)
