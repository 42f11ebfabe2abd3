"""The list of campaigns, and the form that creates and changes one."""

from __future__ import annotations

from typing import Any, Final

from google.protobuf.field_mask_pb2 import FieldMask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from discador.core.identity import Permission
from discador.runtime.remote_error import RemoteError
from discador.v1 import campaign_pb2, trunk_pb2
from discador.web.pages import campaign_form
from discador.web.pages.caller import caller_of, may, needs
from discador.web.pages.errors import status_of
from discador.web.pages.form_reading import Fields, fields_of, id_of, query_integer
from discador.web.pages.master import request_id
from discador.web.pages.notices import seen_after
from discador.web.pages.site import master_of, site_of


@needs(Permission.CAMPAIGN_READ)
async def campaigns(request: Request) -> Response:
    """List campaigns, newest first; `?state=` keeps those in one state."""
    state = query_integer(request, "state")
    if state not in campaign_pb2.CampaignState.values():
        state = 0
    page = request.query_params.get("page", "")
    found = await master_of(request).ask(
        "Campaign.ListCampaigns",
        campaign_pb2.ListCampaignsRequest(page_size=50, page_token=page, state=state),  # type: ignore[arg-type]
    )
    context = {"campaigns": found.campaigns, "token": found.next_page_token, "state": state, "page": page}
    return site_of(request).renderer.screen(request, "campaigns", context)


@needs(Permission.CAMPAIGN_WRITE)
async def new(request: Request) -> Response:
    """Show the empty form."""
    caller = caller_of(request)
    zone = (caller.zone if caller else "") or site_of(request).renderer.default_zone
    return await _form(request, campaign_form.empty_values(zone))


@needs(Permission.CAMPAIGN_WRITE)
async def create(request: Request) -> Response:
    """Create the campaign, or show the form again with what is wrong with it."""
    fields = await fields_of(request)
    campaign = campaign_pb2.Campaign(
        name=fields.text("name"), settings=campaign_form.settings_from(fields, before=None)
    )
    message = campaign_pb2.CreateCampaignRequest(campaign=campaign, request_id=_once(fields))
    made = await _sent(request, "Campaign.CreateCampaign", message, fields)
    if isinstance(made, Response):
        return made
    return seen_after(f"/campaigns/{made.id}", "created")


@needs(Permission.CAMPAIGN_WRITE)
async def edit(request: Request) -> Response:
    """Show the form with the campaign's settings."""
    campaign = await _campaign(request)
    return await _form(request, campaign_form.values_of(campaign), campaign)


@needs(Permission.CAMPAIGN_WRITE)
async def change(request: Request) -> Response:
    """Change the campaign, unless somebody else changed it since the form was shown."""
    before = await _campaign(request)
    fields = await fields_of(request)
    campaign = campaign_pb2.Campaign(
        id=before.id,
        name=fields.text("name"),
        settings=campaign_form.settings_from(fields, before.settings),
        etag=fields.text("etag"),
    )
    mask = FieldMask(paths=["name", "settings"])
    message = campaign_pb2.UpdateCampaignRequest(campaign=campaign, update_mask=mask, request_id=_once(fields))
    made = await _sent(request, "Campaign.UpdateCampaign", message, fields, before)
    if isinstance(made, Response):
        return made
    return seen_after(f"/campaigns/{before.id}", "saved")


async def _campaign(request: Request) -> Any:
    return await master_of(request).ask("Campaign.GetCampaign", campaign_pb2.GetCampaignRequest(id=id_of(request)))


async def _sent(
    request: Request, method: str, message: Any, fields: Fields, campaign: campaign_pb2.Campaign | None = None
) -> Any:
    """Send what the form says; return the master's answer, or the form again with the faults."""
    values = campaign_form.sent_values(fields)
    if fields.errors:
        return await _form(request, values, campaign, fields.errors, status=400)
    try:
        return await master_of(request).ask(method, message)
    except RemoteError as error:
        if status_of(error) not in (400, 404, 409):
            raise
        fields.take(error, campaign_form.PREFIXES)
        return await _form(request, values, campaign, fields.errors, error.message, status_of(error))


async def _form(
    request: Request,
    values: dict[str, Any],
    campaign: campaign_pb2.Campaign | None = None,
    errors: dict[str, str] | None = None,
    message: str = "",
    status: int = 200,
) -> Response:
    trunks = []
    if may(request, Permission.TRUNK_READ):
        trunks = (await master_of(request).ask("Trunk.ListTrunks", trunk_pb2.ListTrunksRequest(page_size=200))).trunks
    windows = (*campaign_form.WINDOWS, *((campaign_form.KEEP,) if values.get("window") == "keep" else ()))
    context = {
        "values": values,
        "campaign": campaign,
        "errors": errors or {},
        "message": message,
        "trunks": trunks,
        "windows": windows,
        "digits": campaign_form.DIGITS,
        "retried": campaign_form.RETRIED,
        "once": values.get("once") or request_id(),
    }
    return site_of(request).renderer.page(request, "campaigns/form.html", context, status)


def _once(fields: Fields) -> str:
    """The form's own id: sent twice, it does what it does once. Another content under it is a new request."""
    return request_id() if fields.errors else fields.text("once")[:80] or request_id()


ROUTES: Final = [
    Route("/campaigns", campaigns, methods=["GET"]),
    Route("/campaigns", create, methods=["POST"]),
    Route("/campaigns/new", new),
    Route("/campaigns/{id:int}/edit", edit, methods=["GET"]),
    Route("/campaigns/{id:int}/edit", change, methods=["POST"]),
]
