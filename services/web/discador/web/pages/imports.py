"""Bringing a list: upload, preview and mapping, a trial run over the whole file, the import, its refused rows."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from discador.core.identity import Permission
from discador.runtime.remote_error import RemoteError
from discador.v1 import campaign_pb2, lead_pb2
from discador.web.i18n.marks import N_
from discador.web.pages.caller import caller_of, needs
from discador.web.pages.form_reading import fields_of, id_of
from discador.web.pages.master import Master, request_id
from discador.web.pages.notices import seen_after
from discador.web.pages.site import master_of, site_of
from discador.web.pages.table_preview import Preview, Unreadable, normal, read_preview
from discador.web.pages.uploads import Upload, UploadTooLarge, messages

COLUMNS: Final = (
    ("number", N_("Number")),
    ("name", N_("Name")),
    ("external_id", N_("External id")),
    ("priority", N_("Priority")),
)
HEADERS: Final = (
    ("auto", N_("recognise it")),
    ("yes", N_("the first row is the header")),
    ("no", N_("there is no header")),
)
_NO_FILE: Final = N_("Choose a file first.")
_UNREADABLE: Final = N_("The file could not be read: it has to be CSV or XLSX, with a row at least.")


@needs(Permission.LEAD_READ)
async def imports(request: Request) -> Response:
    """List imports of all campaigns, newest first."""
    page = request.query_params.get("page", "")
    message = lead_pb2.ListImportsRequest(page_size=50, page_token=page)
    found = await master_of(request).ask("Lead.ListImports", message)
    context = {"imports": found.imports, "token": found.next_page_token, "page": page}
    return site_of(request).renderer.screen(request, "imports", context)


@needs(Permission.LEAD_READ)
async def one(request: Request) -> Response:
    """Show one import's progress and result."""
    found = await master_of(request).ask("Lead.GetImport", lead_pb2.GetImportRequest(id=id_of(request)))
    return site_of(request).renderer.screen(request, "import", {"one": found})


@needs(Permission.LEAD_READ)
async def errors(request: Request) -> Response:
    """Send the refused rows as CSV."""
    number = id_of(request)
    pieces = master_of(request).stream("Lead.ExportImportErrors", lead_pb2.ExportImportErrorsRequest(id=number))
    first = await anext(pieces, None)

    async def content() -> Any:
        if first is not None:
            yield first.data
        async for piece in pieces:
            yield piece.data

    headers = {"Content-Disposition": f'attachment; filename="import-{number}-refused.csv"'}
    return StreamingResponse(content(), media_type="text/csv; charset=utf-8", headers=headers)


@needs(Permission.LEAD_IMPORT)
async def upload(request: Request) -> Response:
    """Keep the file and go on to its preview. Nothing is imported yet."""
    site, number = site_of(request), id_of(request)
    await master_of(request).ask("Campaign.GetCampaign", campaign_pb2.GetCampaignRequest(id=number))
    async with request.form(max_files=1, max_fields=20) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            return await _refused(request, _NO_FILE)
        try:
            kept = await site.uploads.keep(file, file.filename, number, _owner(request))
        except UploadTooLarge:
            raise HTTPException(413) from None
    try:
        await asyncio.to_thread(read_preview, kept.path, kept.file_name)
    except Unreadable:
        return await _refused(request, _UNREADABLE)
    return seen_after(f"/uploads/{kept.token}")


@needs(Permission.LEAD_IMPORT)
async def preview(request: Request) -> Response:
    """Show the first rows and what their columns are taken for, and what a trial run found."""
    return await _preview(request, _kept(request))


@needs(Permission.LEAD_IMPORT)
async def run(request: Request) -> Response:
    """Begin the trial run or the import; it goes on by itself, the pages show how far it is."""
    kept, fields = _kept(request), await fields_of(request)
    site, master = site_of(request), master_of(request)
    kept.options = {
        name: fields.text(name) for name in ("header", "region", "default_priority", *(c for c, _ in COLUMNS))
    }
    priority = fields.integer("default_priority")
    if fields.errors:
        return await _preview(request, kept, fields.errors)
    trial = fields.text("go") != "import"
    options = lead_pb2.ImportOptions(
        file_name=kept.file_name,
        mapping=lead_pb2.ColumnMapping(**{name: kept.options[name][:3] for name, _ in COLUMNS}),
        default_region=kept.options["region"][:2].upper(),
        header=kept.options["header"],
        priority=min(priority, 1000),
        dry_run=trial,
    )
    if not kept.running:
        kept.running, kept.error, kept.progress = True, "", None
        began = asyncio.Event()
        task = asyncio.create_task(_carry_out(master, kept, options, began), name="import")
        site.background.add(task)
        task.add_done_callback(site.background.discard)
        await asyncio.wait_for(began.wait(), 30)
    if not trial and kept.progress is not None:
        return seen_after(f"/imports/{kept.progress.id}")
    return seen_after(f"/uploads/{kept.token}")


async def _carry_out(master: Master, kept: Upload, options: lead_pb2.ImportOptions, began: asyncio.Event) -> None:
    """Send the file to the master; the last progress is kept. Survives the page, not this process."""
    try:
        async for progress in master.stream("Lead.StreamImport", messages(kept, options, request_id())):
            kept.progress = progress
            began.set()
    except RemoteError as error:
        kept.error = error.message
    finally:
        kept.running = False
        began.set()


async def _preview(request: Request, kept: Upload, faults: dict[str, str] | None = None) -> Response:
    try:
        table: Preview = await asyncio.to_thread(read_preview, kept.path, kept.file_name)
    except (Unreadable, OSError):
        raise HTTPException(404) from None
    message = campaign_pb2.GetCampaignRequest(id=kept.campaign_id)
    campaign = await master_of(request).ask("Campaign.GetCampaign", message)
    options = kept.options
    chosen = options.get("number", "")
    column = int(chosen) if chosen.isascii() and chosen.isdigit() and int(chosen) <= table.width else 0
    column = column or table.guess()
    region = options.get("region") or "BR"
    context = {
        "kept": kept,
        "campaign": campaign,
        "table": table,
        "column": column,
        "normal": [normal(row[column - 1], region) for row in table.rows],
        "columns": COLUMNS,
        "headers": HEADERS,
        "options": options,
        "errors": faults or {},
    }
    return site_of(request).renderer.screen(request, "upload", context, 400 if faults else 200)


async def _refused(request: Request, why: str) -> Response:
    message = lead_pb2.ListImportsRequest(campaign_id=id_of(request), page_size=50)
    found = await master_of(request).ask("Lead.ListImports", message)
    campaign = await master_of(request).ask("Campaign.GetCampaign", campaign_pb2.GetCampaignRequest(id=id_of(request)))
    context = {"campaign": campaign, "tab": "import", "imports": found.imports, "fault": why}
    return site_of(request).renderer.page(request, "campaign/imports.html", context, 400)


def _kept(request: Request) -> Upload:
    kept = site_of(request).uploads.get(request.path_params["token"], _owner(request))
    if kept is None:
        raise HTTPException(404)
    return kept


def _owner(request: Request) -> int:
    caller = caller_of(request)
    return caller.id if caller is not None else -1


ROUTES: Final = [
    Route("/imports", imports),
    Route("/imports/{id:int}", one),
    Route("/imports/{id:int}/refused.csv", errors),
    Route("/campaigns/{id:int}/import", upload, methods=["POST"]),
    Route("/uploads/{token:str}", preview, methods=["GET"]),
    Route("/uploads/{token:str}", run, methods=["POST"]),
]
