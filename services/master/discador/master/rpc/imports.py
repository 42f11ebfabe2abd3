# ruff: noqa: N802 - methods bear the names that the contract gives them
"""The two RPCs of LeadService that bring files."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any, Final

import phonenumbers

from discador.core.errors import DomainError
from discador.core.numbering import normalise, zones_of
from discador.master.convert.leads import import_to_wire
from discador.master.database import Database
from discador.master.explanation import Explanation
from discador.master.lead_import.feed import ByteFeed, UploadBroken
from discador.master.lead_import.options import ImportOptions
from discador.master.lead_import.run import ImportRun
from discador.master.lead_import.upload import Upload
from discador.master.refusals import refusal
from discador.master.texts import fault_in
from discador.master.violations import Violations
from discador.master.wake import Wake
from discador.runtime.errors import Exhausted, InvalidInput, Unavailable
from discador.runtime.log import get_logger
from discador.runtime.threads import Threads
from discador.store.errors import StoreError
from discador.store.records import ImportJob
from discador.v1 import lead_pb2 as wire

_MAX_CONTENT: Final = 16 * 1024 * 1024
_MAX_CHUNK: Final = 1024 * 1024
_MAX_AT_ONCE: Final = 3
_PROGRESS_S: Final = 0.5
_SHA256: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_log: Final = get_logger("import")


class ImportRpcs:
    """Base of `LeadServicer`. Imports have threads of their own: one may take an hour."""

    def __init__(self, database: Database, explanation: Explanation, wake: Wake, imports: Threads) -> None:
        self._database = database
        self._store = database.store
        self._explanation = explanation
        self._wake = wake
        self._imports = imports

    async def ImportLeads(self, request: wire.ImportLeadsRequest, context: Any) -> wire.Import:
        """Import a whole file. The file itself, not `request_id`, makes a repetition harmless."""
        options = _checked(request.options)
        found = Violations()
        found.check(bool(request.content), "content", "must hold the file")
        small = len(request.content) <= _MAX_CONTENT
        found.check(small, "content", "may have 16 MiB: send larger files by StreamImport")
        found.raise_if_any("import-invalid")
        run = await self._run_of(request.campaign_id, options, Upload.whole(request.content))
        await self._record(request.campaign_id, run.upload)
        job = await self._carry_out(run)
        await self._wake.send()
        return import_to_wire(job)

    async def StreamImport(
        self, requests: AsyncIterator[wire.StreamImportRequest], context: Any
    ) -> AsyncIterator[wire.Import]:
        """Import while the file arrives; progress twice a second, and the end."""
        first = await anext(requests, None)
        if first is None or first.WhichOneof("part") != "start":
            raise InvalidInput("the first message must be `start`", error_id="import-start-missing")
        start = first.start
        options = _checked(start.options, start)
        feed = ByteFeed()
        run = await self._run_of(start.campaign_id, options, Upload(feed, start.sha256.lower(), start.size))
        await self._record(start.campaign_id, run.upload)
        work = asyncio.ensure_future(self._carry_out(run))
        pump = asyncio.ensure_future(_pump(requests, feed, context))
        try:
            while not work.done():
                await asyncio.wait({work}, timeout=_PROGRESS_S)
                if not work.done() and run.job is not None:
                    yield import_to_wire(run.job, run.upload.bytes_read)
            await self._wake.send()
            if work.exception() is not None and run.job is not None:
                yield import_to_wire(run.job)  # failed, and says why; the status says it too
            if pump.done() and not pump.cancelled() and (fault := pump.exception()) is not None:
                raise fault  # what was wrong with the messages, rather than that the file is incomplete
            yield import_to_wire(work.result())
        finally:
            # Also when the caller went away: the reading thread must not wait for ever.
            pump.cancel()
            feed.abort()
            await asyncio.wait({work, pump})
            if work.exception() is not None:
                _log.info("import.ended_early", error_type=type(work.exception()).__name__)

    async def _record(self, campaign_id: int, upload: Upload) -> None:
        told = {"sha256": upload.sha256, "size": upload.size}
        await self._database.record("ImportLeads", f"campaign {campaign_id}", told)

    async def _run_of(self, campaign_id: int, options: ImportOptions, upload: Upload) -> ImportRun:
        """Return the run, not begun; NOT_FOUND and RESOURCE_EXHAUSTED come before the first byte is read."""
        if self._imports.in_use >= _MAX_AT_ONCE:
            raise Exhausted(f"{_MAX_AT_ONCE} imports run already; try again when one has ended", error_id="import-busy")
        campaign = await self._database.run(self._store.campaigns.get, campaign_id)
        zone = campaign.settings.time_zone
        return ImportRun(
            self._store,
            campaign_id,
            options,
            upload,
            normalise=lambda text, region: normalise(text, region).e164,
            zones_of=lambda number: zones_of(number, zone),
        )

    async def _carry_out(self, run: ImportRun) -> ImportJob:
        try:
            return await self._imports.run(run.run)
        except (StoreError, DomainError) as error:
            raise refusal(error) from error
        except UploadBroken:
            raise Unavailable(
                "the upload ended early: send the same file again, it goes on behind the last row committed",
                error_id=UploadBroken.error_id,
            ) from None


async def _pump(requests: AsyncIterator[wire.StreamImportRequest], feed: ByteFeed, context: Any) -> None:
    """Carry chunks to the reader; whatever goes wrong here breaks the upload."""
    try:
        async for request in requests:
            if request.WhichOneof("part") != "chunk":
                raise InvalidInput("after `start` only chunks may follow", error_id="import-invalid")
            if len(request.chunk) > _MAX_CHUNK:
                raise InvalidInput("a chunk may have 1 MiB", error_id="import-invalid")
            if request.chunk:
                await feed.put(request.chunk)
        # To a cancelled call the requests may seem to end as if all had come.
        if context.cancelled():
            feed.abort()
        feed.finish()
    except BaseException:
        feed.abort()
        raise


def _checked(options: wire.ImportOptions, start: wire.ImportStart | None = None) -> ImportOptions:
    """Return the options. Raises `InvalidInput` with all faults (`import-options-invalid`)."""
    found = Violations()
    mapping = options.mapping
    region = options.default_region.upper() or "BR"
    found.add("options.file_name", fault_in(options.file_name, 255))
    for column in ("number", "name", "external_id", "priority"):
        found.add(f"options.mapping.{column}", fault_in(getattr(mapping, column), 200))
    found.check(len(mapping.fields) <= 250, "options.mapping.fields", "may name 250 columns")
    found.check(region in phonenumbers.SUPPORTED_REGIONS, "options.default_region", "must be a country, for example BR")
    header = options.header or "auto"
    found.check(header in ("auto", "yes", "no"), "options.header", "must be auto, yes or no")
    found.check(0 <= options.priority <= 100, "options.priority", "must be between 1 (first) and 100")
    if start is not None:
        found.check(_SHA256.fullmatch(start.sha256.lower()) is not None, "sha256", "must be 64 hexadecimal digits")
        found.check(start.size >= 0, "size", "must not be negative")
    found.raise_if_any("import-options-invalid")
    return ImportOptions(
        file_name=options.file_name,
        number=mapping.number,
        name=mapping.name,
        external_id=mapping.external_id,
        priority=mapping.priority,
        fields=tuple(mapping.fields),
        region=region,
        header=header,
        default_priority=options.priority or 50,
        dry_run=options.dry_run,
    )
