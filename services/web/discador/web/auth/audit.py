"""The audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from discador.core.identity import Permission
from discador.v1 import audit_pb2 as wire
from discador.web.auth.asking import ask_audit, page
from discador.web.pages.caller import caller_of, needs
from discador.web.pages.site import site_of

_TEXTS: Final = ("actor", "action", "object")


@needs(Permission.AUDIT_READ)
async def listed(request: Request) -> Response:
    """List entries, newest first."""
    return await _page(request)


@needs(Permission.AUDIT_READ)
async def verify(request: Request) -> Response:
    """Walk the chain and say what was found."""
    return await _page(request, await ask_audit(request, "VerifyAudit", wire.VerifyAuditRequest()))


async def _page(request: Request, verified: Any = None) -> Response:
    asked = {name: request.query_params.get(name, "").strip() for name in (*_TEXTS, "since", "until")}
    message = wire.ListAuditRequest(
        page_size=50,
        page_token=request.query_params.get("page", ""),
        **{name: asked[name] for name in _TEXTS},  # type: ignore[arg-type]
    )
    for name in ("since", "until"):
        if (moment := _moment(request, asked[name])) is not None:
            getattr(message, name).FromDatetime(moment)
    found = await ask_audit(request, "ListAudit", message)
    query = urlencode({name: value for name, value in asked.items() if value})
    context = {
        "entries": found.entries,
        "token": found.next_page_token,
        "asked": asked,
        "query": query,
        "verified": verified,
    }
    return page(request, "audit", context)


def _moment(request: Request, text: str) -> datetime | None:
    """Return what a datetime-local field holds, in the zone of whoever asks; None for nothing that can be read."""
    caller = caller_of(request)
    zone = (caller.zone if caller else "") or site_of(request).renderer.default_zone
    try:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
    except (ValueError, KeyError, OSError):
        return None


ROUTES: Final = (
    Route("/audit", listed, methods=["GET"]),
    Route("/audit/verify", verify, methods=["POST"]),
)
