"""Imports of lead lists: each batch is one transaction that carries its own checkpoint."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from discador.store.campaigns import get_campaign
from discador.store.dnc import which_of
from discador.store.errors import ImportRaced, NotFound
from discador.store.leads import insert_leads
from discador.store.lengths import require_lengths
from discador.store.records import ImportErrorRow, ImportJob, ImportState, NewLead
from discador.store.rows import IMPORT, import_from
from discador.store.tables import import_, import_error, lead, lead_list
from discador.store.transaction import Repository, Transaction, reads, writes

Refused = tuple[int, str, Sequence[str]]
_PAGE = 1000


class Imports(Repository):
    """Imports, each known by its file and the options it is read with: the same twice adds nothing."""

    @writes
    def begin(
        self,
        tx: Transaction,
        campaign_id: int,
        file_name: str,
        sha256: str,
        options_hash: str,
        size: int,
        dry_run: bool,
    ) -> ImportJob:
        """Return the import of this file with these options into this campaign: a new one with its lead list, or
        the one there is. Go on behind its `rows`; a failed one runs again, one that is done has nothing left.

        Raises InvalidValue, NotFound (campaign-not-found).
        """
        require_lengths("import", import_, {"sha256": sha256, "options_hash": options_hash})
        get_campaign(tx, campaign_id, share=True)
        now = tx.now()
        key = {"campaign_id": campaign_id, "sha256": sha256, "options_hash": options_hash, "dry_run": dry_run}
        fresh = {
            **dict.fromkeys(("rows", "imported", "duplicates", "dnc", "invalid", "bytes_read"), 0),
            "file_name": file_name[:255],
            "size": size,
            "state": ImportState.RUNNING,
            "error": "",
            "created_at": now,
            "updated_at": now,
        }
        created = tx.insert_many(import_, [key | fresh], ignore=True)
        matches = (import_.c[name] == value for name, value in key.items())
        job = import_from(tx.execute(sa.select(*IMPORT).where(*matches).with_for_update()).one())
        changes: dict[str, object] = {}
        if created and not dry_run:
            changes["list_id"] = tx.insert_one(
                lead_list, campaign_id=campaign_id, name=job.file_name, import_id=job.id, leads=0, created_at=now
            )
        if job.state is ImportState.FAILED:
            changes |= {"state": ImportState.RUNNING, "error": ""}
        return _change(tx, job.id, changes) if changes else job

    @writes
    def commit_batch(
        self,
        tx: Transaction,
        import_id: int,
        expected_rows: int,
        new_rows: int,
        bytes_read: int,
        leads: Sequence[NewLead],
        refused: Sequence[Refused],
    ) -> ImportJob:
        """Add `leads` but those on the do-not-call list or in the campaign already, note the `refused` rows (row,
        reason, cells), and move the checkpoint from `expected_rows` on by `new_rows`. `bytes_read` is the total.

        A dry run counts and adds nothing; numbers repeated in different batches of its file count as new.
        Aim at 1,000 to 2,000 rows a batch. Raises NotFound, ImportRaced.
        """
        job = _get(tx, import_id, lock=True)
        if job.rows != expected_rows or job.state is not ImportState.RUNNING:
            raise ImportRaced(import_id, expected_rows, job.rows, job.state)
        blocked = which_of(tx, (new.number for new in leads))
        wanted = [new for new in leads if new.number not in blocked]
        added = _count_new(tx, job, wanted) if job.dry_run else _add(tx, job, wanted)
        if refused:
            rows = [
                {"import_id": import_id, "row": row, "reason": reason[:255], "cells": list(cells)}
                for row, reason, cells in refused
            ]
            tx.execute(sa.insert(import_error), rows)
        return _change(
            tx,
            import_id,
            {
                "rows": job.rows + new_rows,
                "imported": job.imported + added,
                "duplicates": job.duplicates + len(wanted) - added,
                "dnc": job.dnc + len(leads) - len(wanted),
                "invalid": job.invalid + len(refused),
                "bytes_read": bytes_read,
            },
        )

    @writes
    def finish(self, tx: Transaction, import_id: int) -> ImportJob:
        """End an import whose last batch is committed. Raises NotFound."""
        _get(tx, import_id, lock=True)
        return _change(tx, import_id, {"state": ImportState.DONE, "error": ""})

    @writes
    def fail(self, tx: Transaction, import_id: int, error: str) -> ImportJob:
        """Record why an import cannot go on; one that is done stays done. Raises NotFound."""
        job = _get(tx, import_id, lock=True)
        if job.state is ImportState.DONE:
            return job
        return _change(tx, import_id, {"state": ImportState.FAILED, "error": error[:255]})

    @reads
    def get(self, tx: Transaction, import_id: int) -> ImportJob:
        """Return an import. Raises NotFound."""
        return _get(tx, import_id)

    @reads
    def list(
        self, tx: Transaction, limit: int, before_id: int | None = None, campaign_id: int | None = None
    ) -> builtins.list[ImportJob]:
        """Return imports, newest first; `before_id` is the last one of the page before."""
        query = sa.select(*IMPORT).order_by(import_.c.id.desc()).limit(limit)
        if before_id is not None:
            query = query.where(import_.c.id < before_id)
        if campaign_id is not None:
            query = query.where(import_.c.campaign_id == campaign_id)
        return [import_from(row) for row in tx.execute(query)]

    def errors(self, import_id: int) -> Iterator[ImportErrorRow]:
        """Return the refused rows in the order of the file, page by page."""
        after = -1
        while page := self._errors_after(import_id, after):
            yield from page
            after = page[-1].row

    @reads
    def _errors_after(self, tx: Transaction, import_id: int, after: int) -> builtins.list[ImportErrorRow]:
        query = sa.select(import_error.c.row, import_error.c.reason, import_error.c.cells).where(
            import_error.c.import_id == import_id, import_error.c.row > after
        )
        return [ImportErrorRow(*row) for row in tx.execute(query.order_by(import_error.c.row).limit(_PAGE))]


def _add(tx: Transaction, job: ImportJob, wanted: Sequence[NewLead]) -> int:
    if not wanted:
        return 0
    added = insert_leads(tx, job.campaign_id, job.list_id, wanted)
    tx.execute(sa.update(lead_list).where(lead_list.c.id == job.list_id).values(leads=lead_list.c.leads + added))
    return added


def _count_new(tx: Transaction, job: ImportJob, wanted: Sequence[NewLead]) -> int:
    numbers = sorted({new.number for new in wanted})
    known = sa.select(sa.func.count()).where(lead.c.campaign_id == job.campaign_id, lead.c.number.in_(numbers))
    return len(numbers) - int(tx.execute(known).scalar_one())


def _get(tx: Transaction, import_id: int, *, lock: bool = False) -> ImportJob:
    query = sa.select(*IMPORT).where(import_.c.id == import_id)
    row = tx.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFound("import", import_id)
    return import_from(row)


def _change(tx: Transaction, import_id: int, changes: dict[str, object]) -> ImportJob:
    tx.execute(sa.update(import_).where(import_.c.id == import_id).values(**changes, updated_at=tx.now()))
    return _get(tx, import_id)
