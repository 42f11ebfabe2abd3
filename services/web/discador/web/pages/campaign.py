"""One campaign: why it is, or is not, dialling; its leads, imports and attempts; its commands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from discador.core.identity import Permission
from discador.v1 import attempt_pb2, campaign_pb2, lead_pb2
from discador.web.i18n.marks import N_
from discador.web.pages.caller import caller_of, needs
from discador.web.pages.commands import Command
from discador.web.pages.form_reading import fields_of, id_of, query_integer
from discador.web.pages.notices import seen_after
from discador.web.pages.site import master_of, site_of

_TITLES: Final = {
    "start": N_("Start campaign"),
    "pause": N_("Pause campaign"),
    "resume": N_("Resume campaign"),
    "stop": N_("Stop campaign"),
}
_REQUESTS: Final[dict[str, Callable[..., Any]]] = {
    "start": campaign_pb2.StartCampaignRequest,
    "pause": campaign_pb2.PauseCampaignRequest,
    "resume": campaign_pb2.ResumeCampaignRequest,
    "stop": campaign_pb2.StopCampaignRequest,
}
#: Which commands a state takes, as the campaign's machine has it.
COMMANDS: Final = {
    campaign_pb2.CAMPAIGN_STATE_DRAFT: ("start",),
    campaign_pb2.CAMPAIGN_STATE_RUNNING: ("pause", "stop"),
    campaign_pb2.CAMPAIGN_STATE_PAUSED: ("resume", "stop"),
    campaign_pb2.CAMPAIGN_STATE_STOPPING: (),
    campaign_pb2.CAMPAIGN_STATE_STOPPED: ("start",),
    campaign_pb2.CAMPAIGN_STATE_COMPLETED: ("start",),
}


async def _head(request: Request, tab: str) -> dict[str, Any]:
    message = campaign_pb2.GetCampaignRequest(id=id_of(request))
    campaign = await master_of(request).ask("Campaign.GetCampaign", message)
    subject = f"campaign:{campaign.id}"
    commands = site_of(request).commands.of(subject, campaign)
    return {
        "campaign": campaign,
        "tab": tab,
        "commands": commands,
        "possible": COMMANDS.get(campaign.state, ()),
        "titles": _TITLES,
    }


@needs(Permission.CAMPAIGN_READ)
async def summary(request: Request) -> Response:
    """Show counters and checks."""
    return site_of(request).renderer.screen(request, "campaign", await _head(request, "summary"))


@needs(Permission.LEAD_READ)
async def leads(request: Request) -> Response:
    """List the campaign's leads; `?state=` keeps those in one state."""
    context = await _head(request, "leads")
    state = query_integer(request, "state")
    if state not in lead_pb2.LeadState.values():
        state = 0
    page = request.query_params.get("page", "")
    found = await master_of(request).ask(
        "Lead.ListLeads",
        lead_pb2.ListLeadsRequest(campaign_id=id_of(request), page_size=50, page_token=page, state=state),  # type: ignore[arg-type]
    )
    context |= {"leads": found.leads, "token": found.next_page_token, "state": state}
    return site_of(request).renderer.page(request, "campaign/leads.html", context)


@needs(Permission.LEAD_READ)
async def find_lead(request: Request) -> Response:
    """Go to the lead of a number. A POST: a number stands in no address."""
    fields = await fields_of(request)
    message = lead_pb2.SearchLeadsRequest(campaign_id=id_of(request), number=fields.text("number")[:40])
    found = (await master_of(request).ask("Lead.SearchLeads", message)).leads
    if not found:
        return seen_after(f"/campaigns/{id_of(request)}/leads", "notfound")
    return seen_after(f"/leads/{found[0].id}")


@needs(Permission.LEAD_EXPORT)
async def export_leads(request: Request) -> Response:
    """Send the leads with their last outcome as CSV, as the master writes them."""
    campaign = id_of(request)
    pieces = master_of(request).stream("Lead.ExportLeads", lead_pb2.ExportLeadsRequest(campaign_id=campaign))
    first = await anext(pieces, None)

    async def content() -> Any:
        if first is not None:
            yield first.data
        async for piece in pieces:
            yield piece.data

    headers = {"Content-Disposition": f'attachment; filename="leads-{campaign}.csv"'}
    return StreamingResponse(content(), media_type="text/csv; charset=utf-8", headers=headers)


@needs(Permission.LEAD_READ)
async def imports(request: Request) -> Response:
    """Show the campaign's imports, and the form for another one."""
    context = await _head(request, "import")
    message = lead_pb2.ListImportsRequest(campaign_id=id_of(request), page_size=50)
    found = await master_of(request).ask("Lead.ListImports", message)
    return site_of(request).renderer.page(request, "campaign/imports.html", context | {"imports": found.imports})


@needs(Permission.ATTEMPT_READ)
async def attempts(request: Request) -> Response:
    """List the campaign's attempts, newest first."""
    context = await _head(request, "attempts")
    page = request.query_params.get("page", "")
    message = attempt_pb2.ListAttemptsRequest(campaign_id=id_of(request), page_size=50, page_token=page)
    found = await master_of(request).ask("Attempt.ListAttempts", message)
    context |= {"attempts": found.attempts, "token": found.next_page_token, "page": page}
    return site_of(request).renderer.screen(request, "campaign/attempts", context)


@needs(Permission.CAMPAIGN_CONTROL)
async def confirm(request: Request) -> Response:
    """Say what ending or deleting the campaign does, before it is done."""
    context = await _head(request, "summary")
    return site_of(request).renderer.page(
        request, "campaign/confirm.html", context | {"deleting": "delete" in request.url.path}
    )


@needs(Permission.CAMPAIGN_CONTROL)
async def command(request: Request) -> Response:
    """Give a command to the campaign."""
    name, number = request.path_params["command"], id_of(request)
    if name not in _REQUESTS:
        raise HTTPException(404)
    caller, master = caller_of(request), master_of(request)
    assert caller is not None, "the guard let somebody in"
    given = Command(_TITLES[name], f"campaign:{number}", caller.name, datetime.now(UTC), _effect(name))
    method = f"Campaign.{name.capitalize()}Campaign"
    await site_of(request).commands.carry_out(
        given, lambda id_: master.ask(method, _REQUESTS[name](id=number, request_id=id_))
    )
    return seen_after(f"/campaigns/{number}", "accepted")


@needs(Permission.CAMPAIGN_WRITE)
async def delete(request: Request) -> Response:
    """Delete a draft."""
    message = campaign_pb2.DeleteCampaignRequest(id=id_of(request))
    await master_of(request).ask("Campaign.DeleteCampaign", message)
    return seen_after("/campaigns", "deleted")


def _effect(name: str) -> Callable[[campaign_pb2.Campaign], bool]:
    if name == "pause":
        return lambda campaign: campaign.state == campaign_pb2.CAMPAIGN_STATE_PAUSED
    if name == "stop":
        return lambda campaign: campaign.state == campaign_pb2.CAMPAIGN_STATE_STOPPED
    # Running is not enough: it takes effect when calls can come of it.
    ended = campaign_pb2.CAMPAIGN_STATE_COMPLETED
    return lambda campaign: campaign.dialling or campaign.counters.live > 0 or campaign.state == ended


ROUTES: Final = [
    Route("/campaigns/{id:int}", summary),
    Route("/campaigns/{id:int}/leads", leads, methods=["GET"]),
    Route("/campaigns/{id:int}/leads", find_lead, methods=["POST"]),
    Route("/campaigns/{id:int}/leads.csv", export_leads),
    Route("/campaigns/{id:int}/import", imports, methods=["GET"]),
    Route("/campaigns/{id:int}/attempts", attempts),
    Route("/campaigns/{id:int}/stop", confirm, methods=["GET"]),
    Route("/campaigns/{id:int}/delete", confirm, methods=["GET"]),
    Route("/campaigns/{id:int}/delete", delete, methods=["POST"]),
    Route("/campaigns/{id:int}/{command:str}", command, methods=["POST"]),
]
