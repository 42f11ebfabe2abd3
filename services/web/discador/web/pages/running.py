"""What runs: the queue between the services, and the workers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from discador.core.identity import Permission
from discador.v1 import system_pb2, worker_pb2
from discador.web.i18n.marks import N_
from discador.web.pages.caller import caller_of, needs
from discador.web.pages.commands import Command
from discador.web.pages.notices import seen_after
from discador.web.pages.site import master_of, site_of


@needs(Permission.SYSTEM_READ)
async def queue(request: Request) -> Response:
    """Show depth and age of the queues."""
    found = await master_of(request).ask("System.GetQueue", system_pb2.GetQueueRequest())
    return site_of(request).renderer.screen(request, "queue", {"queue": found, "system": site_of(request).hub.system})


@needs(Permission.WORKER_READ)
async def workers(request: Request) -> Response:
    """List the workers that report."""
    site = site_of(request)
    found = await master_of(request).ask("Worker.ListWorkers", worker_pb2.ListWorkersRequest(page_size=200))
    ids = [worker.id for worker in found.workers]
    commands = site.commands.of("workers", ids, count=5)
    return site.renderer.screen(request, "workers", {"workers": found.workers, "commands": commands})


@needs(Permission.WORKER_READ)
async def worker(request: Request) -> Response:
    """Show one worker."""
    name = request.path_params["id"]
    found = await master_of(request).ask("Worker.GetWorker", worker_pb2.GetWorkerRequest(id=name))
    system = await master_of(request).ask("System.GetSystem", system_pb2.GetSystemRequest())
    figures = [service.figures for service in system.services if service.id == name]
    return site_of(request).renderer.screen(
        request, "worker", {"worker": found, "figures": dict(figures[0]) if figures else {}}
    )


@needs(Permission.WORKER_CONTROL)
async def restart(request: Request) -> Response:
    """Ask a worker to finish and exit; its supervisor starts it again under a new id."""
    name = request.path_params["id"]
    caller, master = caller_of(request), master_of(request)
    if caller is None:
        raise HTTPException(403)
    given = Command(
        N_("Restart worker"), "workers", caller.name, datetime.now(UTC), lambda ids: bool(ids) and name not in ids
    )
    await site_of(request).commands.carry_out(
        given, lambda id_: master.ask("Worker.RestartWorker", worker_pb2.RestartWorkerRequest(id=name, request_id=id_))
    )
    return seen_after("/workers", "accepted")


ROUTES: Final = [
    Route("/queue", queue),
    Route("/workers", workers),
    Route("/workers/{id:str}", worker, methods=["GET"]),
    Route("/workers/{id:str}/restart", restart, methods=["POST"]),
]
