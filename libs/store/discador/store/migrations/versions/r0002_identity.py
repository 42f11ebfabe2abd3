"""Users, API tokens, audit log. Adds tables only: masters of the release before go on beside it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()
JSON_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql")
DIGEST = sa.LargeBinary(32).with_variant(mysql.BINARY(32), "mysql")
OPTIONS: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_nopad_bin",
    "mysql_row_format": "DYNAMIC",
}


def upgrade() -> None:
    _create_users()
    _create_tokens()
    _create_audit()


def _column(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _create_users() -> None:
    op.create_table(
        "user",
        sa.Column("id", ID, primary_key=True, autoincrement=True),
        _column("name", sa.String(64)),
        _column("display_name", sa.String(100)),
        _column("password_hash", sa.String(255)),
        _column("roles", JSON_TEXT),
        _column("campaigns", JSON_TEXT),
        _column("locale", sa.String(16)),
        _column("time_zone", sa.String(64)),
        _column("disabled", sa.Boolean()),
        _column("totp_secret", sa.String(64)),
        _column("totp", sa.Boolean()),
        _column("totp_step", sa.BigInteger()),
        _column("generation", sa.BigInteger()),
        _column("created_at", INSTANT),
        sa.Column("last_login_at", INSTANT),
        **OPTIONS,
    )
    op.create_index("user_name", "user", ["name"], unique=True)


def _create_tokens() -> None:
    op.create_table(
        "api_token",
        sa.Column("id", ID, primary_key=True, autoincrement=True),
        sa.Column("user_id", ID, sa.ForeignKey("user.id", name="fk_api_token_user"), nullable=False),
        _column("name", sa.String(100)),
        _column("digest", DIGEST),
        _column("permissions", JSON_TEXT),
        _column("campaigns", JSON_TEXT),
        _column("created_at", INSTANT),
        _column("expires_at", INSTANT),
        sa.Column("last_used_at", INSTANT),
        sa.Column("revoked_at", INSTANT),
        **OPTIONS,
    )
    op.create_index("api_token_digest", "api_token", ["digest"], unique=True)
    op.create_index("api_token_user", "api_token", ["user_id", "id"])


def _create_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("no", sa.BigInteger(), primary_key=True, autoincrement=False),
        _column("at", INSTANT),
        _column("actor", sa.String(200)),
        _column("user_id", ID),
        _column("address", sa.String(64)),
        _column("action", sa.String(64)),
        _column("object", sa.String(200)),
        _column("before", JSON_TEXT),
        _column("after", JSON_TEXT),
        _column("reason", sa.String(500)),
        _column("hash", sa.String(64)),
        **OPTIONS,
    )
    op.create_index("audit_actor", "audit", ["actor", "no"])
    op.create_index("audit_action", "audit", ["action", "no"])
    op.create_index("audit_object", "audit", ["object", "no"])
    op.create_index("audit_at", "audit", ["at"])
    op.create_table(
        "audit_head",
        sa.Column("id", sa.SmallInteger(), primary_key=True, autoincrement=False),
        _column("no", sa.BigInteger()),
        _column("hash", sa.String(64)),
        **OPTIONS,
    )
