"""Imports of lead lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ImportState(StrEnum):
    """`failed` keeps what was committed; beginning again goes on behind it."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ImportJob:
    """One import. `rows` is the checkpoint: rows read and committed, without the header."""

    id: int
    campaign_id: int
    list_id: int | None  #: None for a dry run
    file_name: str
    sha256: str
    options_hash: str
    dry_run: bool
    state: ImportState
    rows: int
    imported: int
    duplicates: int
    dnc: int
    invalid: int
    bytes_read: int
    size: int
    error: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ImportErrorRow:
    """A row that was refused; `row` counts from 1 without the header."""

    row: int
    reason: str
    cells: list[str]
