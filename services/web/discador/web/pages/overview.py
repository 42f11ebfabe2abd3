"""The whole at a glance, and the switch for all campaigns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from discador.core.identity import Permission
from discador.v1 import campaign_pb2, node_pb2, system_pb2, trunk_pb2
from discador.web.i18n.formats import moment_of
from discador.web.i18n.marks import N_
from discador.web.pages.caller import caller_of, may, needs
from discador.web.pages.commands import Command
from discador.web.pages.notices import seen_after
from discador.web.pages.site import master_of, site_of

_NEEDED: Final = {
    "start": Permission.SYSTEM_CONTROL,
    "stop": Permission.SYSTEM_STOP,
    "restart": Permission.SYSTEM_CONTROL,
}
_TITLES: Final = {"start": N_("Start dialling"), "stop": N_("Stop and drain"), "restart": N_("Restart all services")}
_REQUESTS: Final[dict[str, Callable[..., Any]]] = {
    "start": system_pb2.StartSystemRequest,
    "stop": system_pb2.StopSystemRequest,
    "restart": system_pb2.RestartSystemRequest,
}
_SHOWN_CAMPAIGNS: Final = 50
_EXPLAINED: Final = 6


@needs(Permission.SYSTEM_READ)
async def overview(request: Request) -> Response:
    """Show the system, its services, trunks, and the campaigns that need somebody."""
    site, master = site_of(request), master_of(request)
    system = await master.ask("System.GetSystem", system_pb2.GetSystemRequest())
    part = request.query_params.get("part", "")
    context: dict[str, Any] = {"system": system, "taken_at": moment_of(system.taken_at)}
    context["commands"] = site.commands.of("system", system)
    context["load"] = site.hub.load
    if part in ("", "trunks"):
        context["trunks"], context["nodes"] = [], []
        if may(request, Permission.TRUNK_READ) and may(request, Permission.NODE_READ):
            trunks, nodes = await asyncio.gather(
                master.ask("Trunk.ListTrunks", trunk_pb2.ListTrunksRequest(page_size=200)),
                master.ask("Node.ListNodes", node_pb2.ListNodesRequest(page_size=200)),
            )
            context["trunks"], context["nodes"] = trunks.trunks, nodes.nodes
    if part in ("", "campaigns"):
        context["campaigns"] = []
        if may(request, Permission.CAMPAIGN_READ):
            context["campaigns"] = await _not_dialling(request)
    return site.renderer.screen(request, "overview", context)


async def _not_dialling(request: Request) -> list[campaign_pb2.Campaign]:
    """Return the campaigns that should dial, each with its checks; the longest explained are a handful."""
    master = master_of(request)
    wanted = campaign_pb2.ListCampaignsRequest(page_size=_SHOWN_CAMPAIGNS, state=campaign_pb2.CAMPAIGN_STATE_RUNNING)
    running = (await master.ask("Campaign.ListCampaigns", wanted)).campaigns[:_EXPLAINED]
    get = campaign_pb2.GetCampaignRequest
    return list(await asyncio.gather(*(master.ask("Campaign.GetCampaign", get(id=one.id)) for one in running)))


@needs(Permission.SYSTEM_READ)
async def confirm(request: Request) -> Response:
    """Say what a command does, before it is given."""
    name = request.path_params["command"]
    _check(request, name)
    system = await master_of(request).ask("System.GetSystem", system_pb2.GetSystemRequest())
    context = {"command": name, "title": _TITLES[name], "system": system, "calls": sum(system.live.values())}
    return site_of(request).renderer.page(request, "overview/confirm.html", context)


@needs(Permission.SYSTEM_READ)
async def command(request: Request) -> Response:
    """Give the command; the overview shows when it takes effect."""
    name = request.path_params["command"]
    _check(request, name)
    caller, master = caller_of(request), master_of(request)
    assert caller is not None, "the guard let somebody in"
    started: set[str] = set()
    if name == "restart":
        system = await master.ask("System.GetSystem", system_pb2.GetSystemRequest())
        started = {service.id for service in system.services}
    given = Command(_TITLES[name], "system", caller.name, datetime.now(UTC), _effect(name, started))
    method = f"System.{name.capitalize()}System"
    await site_of(request).commands.carry_out(given, lambda id_: master.ask(method, _REQUESTS[name](request_id=id_)))
    return seen_after("/", "accepted")


async def strip(request: Request) -> Response:
    """Return the status line of the frame."""
    if caller_of(request) is None:
        return Response(status_code=401)
    return site_of(request).renderer.page(request, "frame/_strip.html")


def _check(request: Request, name: str) -> None:
    if name not in _NEEDED:
        raise HTTPException(404)
    if not may(request, _NEEDED[name]):
        raise HTTPException(403)


def _effect(name: str, started: set[str]) -> Callable[[system_pb2.System], bool]:
    if name == "start":
        return lambda system: system.state == system_pb2.SYSTEM_STATE_RUNNING
    if name == "stop":
        return lambda system: system.state == system_pb2.SYSTEM_STATE_STOPPED
    # Every process that was there has gone, and some are there again.
    return lambda system: bool(system.services) and not started & {service.id for service in system.services}


ROUTES: Final = [
    Route("/", overview),
    Route("/strip", strip),
    Route("/system/{command:str}", confirm, methods=["GET"]),
    Route("/system/{command:str}", command, methods=["POST"]),
]
