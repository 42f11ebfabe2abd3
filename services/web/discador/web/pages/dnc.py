"""The do-not-call list. A whole number is typed in and posted; none stands in an address."""

from __future__ import annotations

from typing import Final

import grpc
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from discador.core.identity import Permission
from discador.runtime.remote_error import RemoteError
from discador.v1 import dnc_pb2
from discador.web.i18n.marks import N_
from discador.web.pages.caller import needs
from discador.web.pages.errors import status_of
from discador.web.pages.form_reading import Fields, fields_of
from discador.web.pages.master import request_id
from discador.web.pages.notices import seen_after
from discador.web.pages.site import master_of, site_of

_MOST: Final = 10_000
_TOO_MANY: Final = N_("at most 10,000 numbers at once")


@needs(Permission.DNC_READ)
async def listed(request: Request) -> Response:
    """List the entries."""
    return await _page(request)


@needs(Permission.DNC_READ)
async def check(request: Request) -> Response:
    """Say whether a number is on the list."""
    fields = await fields_of(request)
    try:
        await master_of(request).ask("Dnc.GetDncEntry", dnc_pb2.GetDncEntryRequest(number=fields.text("number")[:40]))
    except RemoteError as error:
        if error.code is grpc.StatusCode.NOT_FOUND:
            return seen_after("/dnc", "unlisted")
        return await _page(request, fields, error, "check")
    return seen_after("/dnc", "listed")


@needs(Permission.DNC_WRITE)
async def add(request: Request) -> Response:
    """Add a number."""
    fields = await fields_of(request)
    entry = dnc_pb2.DncEntry(number=fields.text("number")[:40], reason=fields.text("reason")[:500], source="manual")
    try:
        message = dnc_pb2.CreateDncEntryRequest(entry=entry, request_id=request_id())
        await master_of(request).ask("Dnc.CreateDncEntry", message)
    except RemoteError as error:
        return await _page(request, fields, error, "add")
    return seen_after("/dnc", "added")


@needs(Permission.DNC_WRITE)
async def add_many(request: Request) -> Response:
    """Add many numbers, one a line; the refused ones are shown with their lines."""
    fields = await fields_of(request)
    lines = [line.strip() for line in fields.text("numbers").splitlines() if line.strip()]
    if len(lines) > _MOST:
        fields.errors["numbers"] = _TOO_MANY
        return await _page(request, fields, None, "import")
    message = dnc_pb2.ImportDncEntriesRequest(
        numbers=lines, reason=fields.text("reason")[:500], source="import", request_id=request_id()
    )
    try:
        result = await master_of(request).ask("Dnc.ImportDncEntries", message, timeout=60)
    except RemoteError as error:
        return await _page(request, fields, error, "import")
    return await _page(request, result=result)


@needs(Permission.DNC_WRITE)
async def remove(request: Request) -> Response:
    """Take a number off the list."""
    fields = await fields_of(request)
    message = dnc_pb2.DeleteDncEntryRequest(number=fields.text("number")[:40], request_id=request_id())
    try:
        await master_of(request).ask("Dnc.DeleteDncEntry", message)
    except RemoteError as error:
        return await _page(request, fields, error, "remove")
    return seen_after("/dnc", "removed")


async def _page(
    request: Request,
    fields: Fields | None = None,
    error: RemoteError | None = None,
    form: str = "",
    result: dnc_pb2.ImportDncEntriesResponse | None = None,
) -> Response:
    if error is not None and status_of(error) not in (400, 404, 409):
        raise error
    found = await master_of(request).ask(
        "Dnc.ListDncEntries",
        dnc_pb2.ListDncEntriesRequest(page_size=50, page_token=request.query_params.get("page", "")),
    )
    errors = dict(fields.errors) if fields else {}
    context = {
        "entries": found.entries,
        "token": found.next_page_token,
        "form": form,
        "errors": errors,
        "message": error.message if error else "",
        "reason": fields.text("reason") if fields else "",
        "result": result,
        "refused": sorted(result.refused.items())[:200] if result else [],
    }
    status = status_of(error) if error else 400 if errors else 200
    return site_of(request).renderer.screen(request, "dnc", context, status)


ROUTES: Final = [
    Route("/dnc", listed, methods=["GET"]),
    Route("/dnc", add, methods=["POST"]),
    Route("/dnc/check", check, methods=["POST"]),
    Route("/dnc/import", add_many, methods=["POST"]),
    Route("/dnc/remove", remove, methods=["POST"]),
]
