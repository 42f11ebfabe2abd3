"""`node` and `trunk`: the Asterisk servers, and the ways out of them."""

from __future__ import annotations

import sqlalchemy as sa

from discador.store.tables.metadata import OPTIONS, Id, metadata

node = sa.Table(
    "node",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("gateway_address", sa.String(255), nullable=False),
    sa.Column("disabled", sa.Boolean, nullable=False),
    sa.Index("node_name", "name", unique=True),
    **OPTIONS,
)

trunk = sa.Table(
    "trunk",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("node_id", Id, sa.ForeignKey("node.id", name="fk_trunk_node"), nullable=False),
    sa.Column("dial", sa.String(255), nullable=False),
    sa.Column("number_format", sa.String(40), nullable=False),
    sa.Column("max_channels", sa.Integer, nullable=False),
    sa.Column("max_calls_per_second", sa.Double, nullable=False),
    sa.Column("caller_id", sa.String(80), nullable=False),
    sa.Column("hide_attempt_header", sa.Boolean, nullable=False),
    sa.Column("disabled", sa.Boolean, nullable=False),
    sa.Index("trunk_name", "name", unique=True),
    sa.Index("trunk_node", "node_id"),
    **OPTIONS,
)
