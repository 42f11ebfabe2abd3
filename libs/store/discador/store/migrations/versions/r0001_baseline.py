"""The first tables."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()
ATTEMPT_ID = sa.LargeBinary(16).with_variant(mysql.BINARY(16), "mysql")
JSON_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql")
OPTIONS: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_nopad_bin",
    "mysql_row_format": "DYNAMIC",
}


def upgrade() -> None:
    _create_system()
    _create_trunks()
    _create_campaigns()
    _create_leads()
    _create_attempts()
    _create_numbers()
    _create_imports()
    _create_requests()


def _column(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _key(name: str, kind: Any, *constraints: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, *constraints, primary_key=True, autoincrement=False)


def _number() -> sa.Column[Any]:
    return sa.Column("id", ID, primary_key=True, autoincrement=True)


def _create_system() -> None:
    system = op.create_table(
        "system",
        _key("id", sa.SmallInteger()),
        _column("dialling", sa.Boolean()),
        _column("commanded_by", sa.String(200)),
        sa.Column("commanded_at", INSTANT),
        _column("restart_generation", sa.BigInteger()),
        **OPTIONS,
    )
    leader = op.create_table(
        "leader",
        _key("id", sa.SmallInteger()),
        _column("epoch", sa.BigInteger()),
        _column("holder", sa.String(200)),
        sa.Column("taken_at", INSTANT),
        **OPTIONS,
    )
    # A new system dials: its campaigns are what somebody has to start.
    op.bulk_insert(system, [{"id": 1, "dialling": True, "commanded_by": "", "restart_generation": 0}])
    op.bulk_insert(leader, [{"id": 1, "epoch": 0, "holder": ""}])


def _create_trunks() -> None:
    op.create_table(
        "node",
        _number(),
        _column("name", sa.String(100)),
        _column("gateway_address", sa.String(255)),
        _column("disabled", sa.Boolean()),
        **OPTIONS,
    )
    op.create_index("node_name", "node", ["name"], unique=True)
    op.create_table(
        "trunk",
        _number(),
        _column("name", sa.String(100)),
        sa.Column("node_id", ID, sa.ForeignKey("node.id", name="fk_trunk_node"), nullable=False),
        _column("dial", sa.String(255)),
        _column("number_format", sa.String(40)),
        _column("max_channels", sa.Integer()),
        _column("max_calls_per_second", sa.Double()),
        _column("caller_id", sa.String(80)),
        _column("hide_attempt_header", sa.Boolean()),
        _column("disabled", sa.Boolean()),
        **OPTIONS,
    )
    op.create_index("trunk_name", "trunk", ["name"], unique=True)
    op.create_index("trunk_node", "trunk", ["node_id"])


def _create_campaigns() -> None:
    op.create_table(
        "campaign",
        _number(),
        _column("name", sa.String(100)),
        _column("state", sa.String(20)),
        _column("settings", JSON_TEXT),
        _column("version", sa.BigInteger()),
        _column("created_at", INSTANT),
        _column("updated_at", INSTANT),
        **OPTIONS,
    )
    op.create_index("campaign_name", "campaign", ["name"], unique=True)
    op.create_index("campaign_state", "campaign", ["state"])
    op.create_table(
        "campaign_counter",
        _key("campaign_id", ID),
        _key("name", sa.String(40)),
        _key("slot", sa.SmallInteger()),
        _column("value", sa.BigInteger()),
        **OPTIONS,
    )


def _create_leads() -> None:
    op.create_table(
        "lead_list",
        _number(),
        sa.Column("campaign_id", ID, sa.ForeignKey("campaign.id", name="fk_lead_list_campaign"), nullable=False),
        _column("name", sa.String(255)),
        sa.Column("import_id", ID),
        _column("leads", sa.BigInteger()),
        _column("created_at", INSTANT),
        **OPTIONS,
    )
    op.create_index("lead_list_campaign", "lead_list", ["campaign_id", "id"])
    op.create_table(
        "lead",
        _number(),
        _column("campaign_id", ID),
        sa.Column("list_id", ID),
        _column("number", sa.String(20)),
        _column("name", sa.String(200)),
        _column("external_id", sa.String(200)),
        _column("priority", sa.SmallInteger()),
        _column("zones", sa.String(255)),
        _column("fields", JSON_TEXT),
        _column("state", sa.String(20)),
        _column("ready", sa.SmallInteger()),
        sa.Column("due_at", INSTANT),
        _column("attempts", sa.Integer()),
        _column("last_no", sa.Integer()),
        _column("outcome_counts", JSON_TEXT),
        _column("last_outcome", sa.String(20)),
        _column("reason", sa.String(255)),
        _column("created_at", INSTANT),
        **OPTIONS,
    )
    op.create_index("lead_number", "lead", ["campaign_id", "number"], unique=True)
    op.create_index("lead_reservation", "lead", ["campaign_id", "ready", "priority", "due_at", "id"])
    op.create_index("lead_promotion", "lead", ["campaign_id", "ready", "due_at"])
    op.create_index("lead_page", "lead", ["campaign_id", "id"])
    op.create_index("lead_state", "lead", ["campaign_id", "state", "id"])
    op.create_table("lead_zone", _key("campaign_id", ID), _key("zones", sa.String(255)), **OPTIONS)


def _create_attempts() -> None:
    live = "CASE WHEN state = 'ended' THEN NULL ELSE 1 END"
    live_lead = "CASE WHEN state = 'ended' THEN NULL ELSE lead_id END"
    op.create_table(
        "attempt",
        _key("id", ATTEMPT_ID),
        _column("lead_id", ID),
        _column("campaign_id", ID),
        _column("no", sa.Integer()),
        _column("number", sa.String(20)),
        _column("trunk_id", ID),
        _column("node_id", ID),
        _column("mode", sa.String(20)),
        _column("origin", sa.String(20)),
        _column("state", sa.String(20)),
        _column("reached", sa.String(20)),
        sa.Column("outcome", sa.String(20)),
        sa.Column("hangup_cause", sa.Integer()),
        _column("detail", sa.String(255)),
        _column("digits", sa.String(64)),
        _column("worker", sa.String(200)),
        sa.Column("usage_day", sa.Date()),
        _column("created_at", INSTANT),
        _column("expires_at", INSTANT),
        sa.Column("not_after", INSTANT),
        sa.Column("submitting_at", INSTANT),
        sa.Column("ringing_at", INSTANT),
        sa.Column("answered_at", INSTANT),
        sa.Column("ended_at", INSTANT),
        sa.Column("checked_at", INSTANT),
        sa.Column("live", sa.SmallInteger(), sa.Computed(live, persisted=True)),
        sa.Column("live_lead", sa.BigInteger(), sa.Computed(live_lead, persisted=True)),
        **OPTIONS,
    )
    op.create_index("attempt_no", "attempt", ["lead_id", "no"], unique=True)
    op.create_index(
        "attempt_live_lead", "attempt", ["live_lead"], unique=True, sqlite_where=sa.text("live_lead IS NOT NULL")
    )
    op.create_index(
        "attempt_live",
        "attempt",
        ["live", "campaign_id", "trunk_id", "state", "node_id"],
        sqlite_where=sa.text("live IS NOT NULL"),
    )
    op.create_index("attempt_page", "attempt", ["campaign_id", "id"])
    op.create_table(
        "call_event",
        _key("attempt_id", ATTEMPT_ID),
        _key("seq", sa.BigInteger()),
        _column("kind", sa.String(40)),
        _column("at", INSTANT),
        _column("detail", sa.String(255)),
        **OPTIONS,
    )


def _create_numbers() -> None:
    op.create_table(
        "number_usage",
        _key("number", sa.String(20)),
        sa.Column("day", sa.Date()),
        _column("today", sa.Integer()),
        _column("total", sa.Integer()),
        sa.Column("last_at", INSTANT),
        sa.Column("previous_at", INSTANT),
        **OPTIONS,
    )
    op.create_table(
        "dnc",
        _number(),
        _column("number", sa.String(20)),
        _column("reason", sa.String(255)),
        _column("source", sa.String(40)),
        _column("created_at", INSTANT),
        **OPTIONS,
    )
    op.create_index("dnc_number", "dnc", ["number"], unique=True)


def _create_imports() -> None:
    op.create_table(
        "import",
        _number(),
        sa.Column("campaign_id", ID, sa.ForeignKey("campaign.id", name="fk_import_campaign"), nullable=False),
        sa.Column("list_id", ID),
        _column("file_name", sa.String(255)),
        _column("sha256", sa.String(64)),
        _column("options_hash", sa.String(64)),
        _column("dry_run", sa.Boolean()),
        _column("state", sa.String(20)),
        _column("rows", sa.BigInteger()),
        _column("imported", sa.BigInteger()),
        _column("duplicates", sa.BigInteger()),
        _column("dnc", sa.BigInteger()),
        _column("invalid", sa.BigInteger()),
        _column("bytes_read", sa.BigInteger()),
        _column("size", sa.BigInteger()),
        _column("error", sa.String(255)),
        _column("created_at", INSTANT),
        _column("updated_at", INSTANT),
        **OPTIONS,
    )
    op.create_index("import_file", "import", ["campaign_id", "sha256", "options_hash", "dry_run"], unique=True)
    op.create_table(
        "import_error",
        _key("import_id", ID, sa.ForeignKey("import.id", name="fk_import_error_import")),
        _key("row", sa.BigInteger()),
        _column("reason", sa.String(255)),
        _column("cells", JSON_TEXT),
        **OPTIONS,
    )


def _create_requests() -> None:
    op.create_table(
        "request",
        _key("request_id", sa.String(200)),
        _column("method", sa.String(200)),
        _column("fingerprint", sa.LargeBinary(64).with_variant(mysql.VARBINARY(64), "mysql")),
        sa.Column("response", sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql")),
        _column("created_at", INSTANT),
        **OPTIONS,
    )
    op.create_index("request_age", "request", ["created_at"])
