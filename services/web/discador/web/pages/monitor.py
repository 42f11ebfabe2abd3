"""The live monitor: the machine, workers, queues and calls, with charts that can be zoomed and read as tables."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from discador.core.identity import Permission
from discador.v1 import attempt_pb2, system_pb2, worker_pb2
from discador.web.i18n.marks import N_
from discador.web.pages.caller import may, needs
from discador.web.pages.site import master_of, site_of

#: (id, title, unit, series as (name, words, hue of the palette, dash)).
CHARTS: Final = (
    (
        "calls",
        N_("Calls by state"),
        "",
        (
            ("queued", N_("queued"), "waiting", "2 4"),
            ("dialling", N_("dialling"), "busy", ""),
            ("talking", N_("talking"), "good", "8 3"),
            ("in_doubt", N_("in doubt"), "bad", "2 2"),
        ),
    ),
    ("started", N_("Calls started per second"), "/s", (("started", N_("started per second"), "busy", ""),)),
    (
        "machine",
        N_("Load of this page's machine"),
        "%",
        (("cpu", N_("CPU"), "busy", ""), ("memory", N_("memory"), "waiting", "6 3")),
    ),
    ("workers", N_("Workers that are ready"), "", (("workers", N_("workers"), "good", ""),)),
)
_IN_TABLE: Final = 15


@needs(Permission.SYSTEM_READ)
async def monitor(request: Request) -> Response:
    """Show what happens now."""
    site, master = site_of(request), master_of(request)
    part = request.query_params.get("part", "")
    context: dict[str, object] = {"charts": CHARTS, "load": site.hub.load}
    samples = [(datetime.fromtimestamp(at, UTC), sample) for at, sample in site.hub.history.last(_IN_TABLE)]
    context["samples"] = samples
    if part in ("", "queue"):
        context["queue"] = await master.ask("System.GetQueue", system_pb2.GetQueueRequest())
    if part in ("", "machine"):
        context["system"] = await master.ask("System.GetSystem", system_pb2.GetSystemRequest())
    if part in ("", "workers"):
        context["workers"] = []
        if may(request, Permission.WORKER_READ):
            listed = worker_pb2.ListWorkersRequest(page_size=200)
            context["workers"] = (await master.ask("Worker.ListWorkers", listed)).workers
    if part in ("", "calls"):
        context["attempts"] = []
        if may(request, Permission.ATTEMPT_READ):
            context["attempts"] = await _live_attempts(request)
    return site.renderer.screen(request, "monitor", context)


async def _live_attempts(request: Request) -> list[attempt_pb2.Attempt]:
    """Return attempts that have not ended, by how far they are; at most twenty of each state."""
    states: Any = [state for state in attempt_pb2.AttemptState.values() if 0 < state < attempt_pb2.ATTEMPT_STATE_ENDED]
    questions = [attempt_pb2.ListAttemptsRequest(page_size=20, state=state) for state in states]
    answers = await asyncio.gather(*(master_of(request).ask("Attempt.ListAttempts", one) for one in questions))
    return [attempt for answer in reversed(answers) for attempt in answer.attempts]


@needs(Permission.SYSTEM_READ)
async def history(request: Request) -> Response:
    """Return what the charts draw."""
    return JSONResponse(site_of(request).hub.history.columns(request.query_params.get("span", "")))


ROUTES: Final = [Route("/monitor", monitor), Route("/monitor/history.json", history)]
