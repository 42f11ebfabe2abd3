"""`user` and `api_token`: who may call."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from discador.store.tables.metadata import OPTIONS, Id, metadata
from discador.store.types import Instant, JsonList

user = sa.Table(
    "user",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=True),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("display_name", sa.String(100), nullable=False),
    sa.Column("password_hash", sa.String(255), nullable=False),
    sa.Column("roles", JsonList, nullable=False),
    sa.Column("campaigns", JsonList, nullable=False),
    sa.Column("locale", sa.String(16), nullable=False),
    sa.Column("time_zone", sa.String(64), nullable=False),
    sa.Column("disabled", sa.Boolean, nullable=False),
    sa.Column("totp_secret", sa.String(64), nullable=False),
    sa.Column("totp", sa.Boolean, nullable=False),
    sa.Column("totp_step", sa.BigInteger, nullable=False),
    sa.Column("generation", sa.BigInteger, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("last_login_at", Instant),
    sa.Index("user_name", "name", unique=True),
    **OPTIONS,
)

api_token = sa.Table(
    "api_token",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=True),
    sa.Column("user_id", Id, sa.ForeignKey("user.id", name="fk_api_token_user"), nullable=False),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("digest", sa.LargeBinary(32).with_variant(mysql.BINARY(32), "mysql"), nullable=False),
    sa.Column("permissions", JsonList, nullable=False),
    sa.Column("campaigns", JsonList, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("last_used_at", Instant),
    sa.Column("revoked_at", Instant),
    sa.Index("api_token_digest", "digest", unique=True),
    sa.Index("api_token_user", "user_id", "id"),
    **OPTIONS,
)
