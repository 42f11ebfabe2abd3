"""`discador lead …`."""

from __future__ import annotations

from typing import Annotated

import typer

from discador.cli import output
from discador.cli.campaign_id import campaign_id
from discador.cli.checks import print_checks
from discador.cli.choices import enum_value
from discador.cli.connection import connected
from discador.cli.ids import MAX_ID
from discador.cli.output import enum_name, joined, many, one
from discador.v1 import lead_pb2

app = typer.Typer(help="Leads: look, and ask why.", no_args_is_help=True)


@app.command()
def explain(lead: Annotated[int, typer.Argument(min=1, max=MAX_ID, help="id of the lead")]) -> None:
    """Say why a lead is, or is not, dialled now."""
    with connected() as api:
        answer = api.leads.ExplainLead(lead_pb2.ExplainLeadRequest(id=lead))
    found = answer.lead
    one(
        answer,
        {
            "lead": found.id,
            "campaign": found.campaign_id,
            "number": found.number,
            "state": enum_name(found, "state"),
            "due": found.due_at,
            "attempts": found.attempts,
            "last outcome": found.last_outcome,
            "reason": found.reason,
            "zones": joined(found.time_zones),
            "next attempt": answer.next_attempt_at,
        },
    )
    if not output.Output.json:
        print_checks(answer.checks)


@app.command("list")
def list_(
    campaign: Annotated[str, typer.Argument(help="id or name of the campaign")],
    state: Annotated[str, typer.Option(help="only in this state")] = "",
    limit: Annotated[int, typer.Option(min=1, help="at most so many")] = 50,
) -> None:
    """List leads of a campaign."""
    wanted = enum_value(lead_pb2.LeadState, "LEAD_STATE_", state, "state")
    with connected() as api:
        number = campaign_id(api, campaign)
        found = output.pages(
            lambda token: api.leads.ListLeads(
                lead_pb2.ListLeadsRequest(
                    campaign_id=number,
                    page_token=token,
                    page_size=min(limit, 200),
                    state=wanted,  # type: ignore[arg-type]
                )
            ),
            "leads",
            limit,
        )
    many(
        found,
        {
            "id": lambda lead: lead.id,
            "number": lambda lead: lead.number,
            "name": lambda lead: lead.name,
            "state": lambda lead: enum_name(lead, "state"),
            "due": lambda lead: lead.due_at,
            "attempts": lambda lead: lead.attempts,
            "last outcome": lambda lead: lead.last_outcome,
        },
        "No lead matches.",
    )
