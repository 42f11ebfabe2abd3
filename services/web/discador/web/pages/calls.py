"""The call log: every attempt, its timeline, and what is shown as a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Final

from google.protobuf.json_format import MessageToDict
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from discador.core.identity import Permission
from discador.core.numbering import mask
from discador.v1 import attempt_pb2, campaign_pb2
from discador.web.i18n.formats import moment_of
from discador.web.pages.caller import may, needs
from discador.web.pages.form_reading import query_integer
from discador.web.pages.master import Master
from discador.web.pages.site import master_of, site_of
from discador.web.pages.words import OUTCOME

_PAGE: Final = 200
_COLUMNS: Final = (
    "id",
    "campaign_id",
    "lead_id",
    "no",
    "number",
    "state",
    "outcome",
    "hangup_cause",
    "detail",
    "digits",
    "created_at",
    "ringing_at",
    "answered_at",
    "ended_at",
    "trunk_id",
    "node_id",
    "worker",
)
#: Spreadsheets take a cell that begins so for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def _filter(request: Request) -> dict[str, Any]:
    state = query_integer(request, "state")
    outcome = request.query_params.get("outcome", "")
    return {
        "campaign_id": query_integer(request, "campaign"),
        "lead_id": query_integer(request, "lead"),
        "state": state if state in attempt_pb2.AttemptState.values() else 0,
        "outcome": outcome if outcome in OUTCOME else "",
    }


@needs(Permission.ATTEMPT_READ)
async def calls(request: Request) -> Response:
    """List attempts, newest first, by campaign, state and outcome."""
    master, wanted = master_of(request), _filter(request)
    page = request.query_params.get("page", "")
    message = attempt_pb2.ListAttemptsRequest(page_size=50, page_token=page, **wanted)
    found = await master.ask("Attempt.ListAttempts", message)
    campaigns = []
    if not request.query_params.get("part") and may(request, Permission.CAMPAIGN_READ):
        listed = campaign_pb2.ListCampaignsRequest(page_size=200)
        campaigns = (await master.ask("Campaign.ListCampaigns", listed)).campaigns
    context = {
        "attempts": found.attempts,
        "token": found.next_page_token,
        "page": page,
        "wanted": wanted,
        "campaigns": campaigns,
        "filter": f"campaign={wanted['campaign_id']}&state={wanted['state']}&outcome={wanted['outcome']}",
    }
    return site_of(request).renderer.screen(request, "calls", context)


@needs(Permission.ATTEMPT_READ)
async def call(request: Request) -> Response:
    """Show one attempt with its timeline."""
    master = master_of(request)
    found = await master.ask("Attempt.GetAttempt", attempt_pb2.GetAttemptRequest(id=request.path_params["id"]))
    raw = MessageToDict(found, preserving_proto_field_name=True)
    if not may(request, Permission.NUMBER_REVEAL):
        raw["number"] = mask(found.number)
    context = {"attempt": found, "raw": json.dumps(raw, indent=1, ensure_ascii=False)}
    return site_of(request).renderer.screen(request, "call", context)


@needs(Permission.LEAD_EXPORT)
async def export(request: Request) -> Response:
    """Send what the list shows, all pages of it, as CSV; numbers as whole as the one who asks may see them."""
    rows = _rows(master_of(request), _filter(request), reveal=may(request, Permission.NUMBER_REVEAL))
    headers = {"Content-Disposition": 'attachment; filename="calls.csv"'}
    return StreamingResponse(rows, media_type="text/csv; charset=utf-8", headers=headers)


async def _rows(master: Master, wanted: dict[str, Any], *, reveal: bool) -> AsyncIterator[str]:
    yield "\ufeff" + _line(_COLUMNS)  # spreadsheets take it for UTF-8 by this mark
    token = ""
    while True:
        message = attempt_pb2.ListAttemptsRequest(page_size=_PAGE, page_token=token, **wanted)
        found = await master.ask("Attempt.ListAttempts", message)
        yield "".join(_line([_cell(attempt, name, reveal) for name in _COLUMNS]) for attempt in found.attempts)
        token = found.next_page_token
        if not token:
            return


def _cell(attempt: attempt_pb2.Attempt, name: str, reveal: bool) -> str:
    value = getattr(attempt, name)
    if name == "number":
        return str(value).removeprefix("+") if reveal else mask(value).removeprefix("+")
    if name == "state":
        return attempt_pb2.AttemptState.Name(value).removeprefix("ATTEMPT_STATE_").lower()
    if name.endswith("_at"):
        at: datetime | None = moment_of(value)
        return at.isoformat(timespec="milliseconds") if at else ""
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _line(cells: Any) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()


ROUTES: Final = [Route("/calls", calls), Route("/calls.csv", export), Route("/calls/{id:str}", call)]
