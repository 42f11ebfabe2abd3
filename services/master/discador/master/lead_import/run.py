"""One import from its first byte to its last row: batches that commit with their checkpoint."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from discador.master.lead_import.columns import columns_of
from discador.master.lead_import.errors import ImportRefused
from discador.master.lead_import.feed import UploadBroken
from discador.master.lead_import.open_table import open_table
from discador.master.lead_import.options import ImportOptions
from discador.master.lead_import.record import Table
from discador.master.lead_import.row import Refusal, RowReader
from discador.master.lead_import.upload import Upload
from discador.store import Store
from discador.store.records import ImportJob, ImportState, NewLead

BATCH_ROWS: Final = 2_000
_COMMIT_EVERY_S: Final = 1.0  # a slow upload shows progress too


class ImportRun:
    """Runs in a thread of its own; `job` is the newest committed state, for whoever shows progress.

    A file whose form is bad adds nothing and leaves no record. The last batch waits for the digest, so a file
    that fits into one is all or nothing. Killed at any moment, the same file sent again goes on behind the checkpoint.
    """

    def __init__(
        self,
        store: Store,
        campaign_id: int,
        options: ImportOptions,
        upload: Upload,
        normalise: Callable[[str, str], str],
        zones_of: Callable[[str], tuple[str, ...]],
    ) -> None:
        self.upload = upload
        self.job: ImportJob | None = None
        self._store = store
        self._campaign_id = campaign_id
        self._options = options
        self._normalise = normalise
        self._zones_of = zones_of

    def run(self) -> ImportJob:
        """Import the file and return the finished job.

        Raises:
            ImportRefused: nothing was added, or the job is failed and says why.
            UploadBroken: the job is failed; the same file goes on behind its checkpoint.
        """
        with open_table(self.upload, self._options.file_name) as table:
            columns = columns_of(table.sample, self._options)
            reader = RowReader(columns, self._options, self._normalise, self._zones_of)
            job = self.job = self._begin()
            if job.state is ImportState.DONE:
                return job
            try:
                return self._rows(table, reader, job, header=columns.header)
            except (ImportRefused, UploadBroken) as error:
                self._fail(f"{error.error_id}: {error}")
                raise

    def _fail(self, why: str) -> None:
        """Record why this run ended, unless another run of the same file is ahead of it by now."""
        if self.job is not None and self._store.imports.get(self.job.id).rows == self.job.rows:
            self.job = self._store.imports.fail(self.job.id, why)

    def _begin(self) -> ImportJob:
        """Begin, or go on. What a wrong file left behind under this digest is no checkpoint for the right one."""
        jobs = self._store.imports.list(1000, campaign_id=self._campaign_id)
        spoiled = sum(
            job.rows > 0 and job.sha256 == self.upload.sha256 and job.error.startswith("import-checksum-mismatch")
            for job in jobs
        )
        options = self._options
        return self._store.imports.begin(
            campaign_id=self._campaign_id,
            file_name=options.file_name,
            sha256=self.upload.sha256,
            options_hash=options.digest_of_run(spoiled),
            size=self.upload.size,
            dry_run=options.dry_run,
        )

    def _rows(self, table: Table, reader: RowReader, job: ImportJob, *, header: bool) -> ImportJob:
        records = table.records()
        if header:
            next(records, None)
        leads: list[NewLead] = []
        refused: list[Refusal] = []
        done = job.rows
        due = time.monotonic() + _COMMIT_EVERY_S
        with ThreadPoolExecutor(1, "import-writer") as writer:
            # One batch is written while the next is read; leaving the block waits for it.
            writing: Future[None] | None = None
            for position, record in enumerate(records):
                if position < done:
                    continue  # behind the checkpoint: committed by the run before
                made = reader.read(record)
                if isinstance(made, NewLead):
                    leads.append(made)
                else:
                    refused.append(made)
                if len(leads) + len(refused) >= BATCH_ROWS or time.monotonic() >= due:
                    if writing is not None:
                        writing.result()
                    writing = writer.submit(self._commit, job.id, leads, refused, self.upload.bytes_read)
                    leads, refused = [], []
                    due = time.monotonic() + _COMMIT_EVERY_S
            if writing is not None:
                writing.result()
        self.upload.verify()
        if leads or refused:
            self._commit(job.id, leads, refused, self.upload.bytes_read)
        job = self.job = self._store.imports.finish(job.id)
        return job

    def _commit(self, job_id: int, leads: list[NewLead], refused: list[Refusal], bytes_read: int) -> None:
        assert self.job is not None
        self.job = self._store.imports.commit_batch(
            job_id,
            expected_rows=self.job.rows,
            new_rows=len(leads) + len(refused),
            bytes_read=bytes_read,
            leads=leads,
            refused=[(refusal.row, refusal.reason, refusal.cells) for refusal in refused],
        )
