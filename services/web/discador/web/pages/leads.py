"""One lead: what it is, why it is, or is not, dialled, and what happened to it so far."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from discador.core.identity import Permission
from discador.v1 import attempt_pb2, campaign_pb2, lead_pb2
from discador.web.i18n.formats import moment_of
from discador.web.pages.caller import may, needs
from discador.web.pages.form_reading import id_of
from discador.web.pages.site import master_of, site_of


@needs(Permission.LEAD_READ)
async def lead(request: Request) -> Response:
    """Show one lead."""
    master = master_of(request)
    explained = await master.ask("Lead.ExplainLead", lead_pb2.ExplainLeadRequest(id=id_of(request)))
    campaign = await master.ask("Campaign.GetCampaign", campaign_pb2.GetCampaignRequest(id=explained.lead.campaign_id))
    attempts = []
    if may(request, Permission.ATTEMPT_READ):
        message = attempt_pb2.ListAttemptsRequest(lead_id=explained.lead.id, page_size=100)
        attempts = (await master.ask("Attempt.ListAttempts", message)).attempts
    context = {
        "lead": explained.lead,
        "checks": explained.checks,
        "next_attempt_at": moment_of(explained.next_attempt_at),
        "campaign": campaign,
        "attempts": attempts,
    }
    return site_of(request).renderer.screen(request, "leads", context)


ROUTES: Final = [Route("/leads/{id:int}", lead)]
