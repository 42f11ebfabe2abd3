"""`import`: one file into one campaign, with its checkpoint; and the rows it refused."""

from __future__ import annotations

import sqlalchemy as sa

from discador.store.records.import_ import ImportState
from discador.store.tables.metadata import OPTIONS, Id, metadata
from discador.store.types import Choice, Instant, JsonList

import_ = sa.Table(
    "import",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=True),
    sa.Column("campaign_id", Id, sa.ForeignKey("campaign.id", name="fk_import_campaign"), nullable=False),
    sa.Column("list_id", Id),
    sa.Column("file_name", sa.String(255), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("options_hash", sa.String(64), nullable=False),
    sa.Column("dry_run", sa.Boolean, nullable=False),
    sa.Column("state", Choice(ImportState), nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("imported", sa.BigInteger, nullable=False),
    sa.Column("duplicates", sa.BigInteger, nullable=False),
    sa.Column("dnc", sa.BigInteger, nullable=False),
    sa.Column("invalid", sa.BigInteger, nullable=False),
    sa.Column("bytes_read", sa.BigInteger, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("error", sa.String(255), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    sa.Index("import_file", "campaign_id", "sha256", "options_hash", "dry_run", unique=True),
    **OPTIONS,
)

import_error = sa.Table(
    "import_error",
    metadata,
    sa.Column(
        "import_id",
        Id,
        sa.ForeignKey("import.id", name="fk_import_error_import"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("row", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("reason", sa.String(255), nullable=False),
    sa.Column("cells", JsonList, nullable=False),
    **OPTIONS,
)
