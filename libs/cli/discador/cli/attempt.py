"""`discador attempt …`."""

from __future__ import annotations

from typing import Annotated

import typer

from discador.cli import output
from discador.cli.campaign_id import campaign_id
from discador.cli.connection import connected
from discador.cli.ids import MAX_ID
from discador.cli.output import enum_name, many, one
from discador.v1 import attempt_pb2

app = typer.Typer(help="Attempts: each try to reach a number, and what came of it.", no_args_is_help=True)


@app.command("list")
def list_(
    campaign: Annotated[str, typer.Option(help="id or name of the campaign")] = "",
    lead: Annotated[int | None, typer.Option(min=1, max=MAX_ID, help="id of the lead")] = None,
    outcome: Annotated[str, typer.Option(help="only with this outcome")] = "",
    limit: Annotated[int, typer.Option(min=1, help="at most so many")] = 50,
) -> None:
    """List attempts, newest first."""
    with connected() as api:
        number = campaign_id(api, campaign) if campaign else 0
        found = output.pages(
            lambda token: api.attempts.ListAttempts(
                attempt_pb2.ListAttemptsRequest(
                    page_token=token,
                    page_size=min(limit, 200),
                    campaign_id=number,
                    lead_id=lead or 0,
                    outcome=outcome,
                )
            ),
            "attempts",
            limit,
        )
    many(
        found,
        {
            "id": lambda a: a.id,
            "lead": lambda a: a.lead_id,
            "no": lambda a: a.no,
            "number": lambda a: a.number,
            "state": lambda a: enum_name(a, "state"),
            "outcome": lambda a: a.outcome,
            "cause": lambda a: a.hangup_cause,
            "created": lambda a: a.created_at,
        },
        "No attempt matches.",
    )


@app.command()
def show(attempt: Annotated[str, typer.Argument(help="id of the attempt")]) -> None:
    """Show one attempt and its timeline."""
    with connected() as api:
        found = api.attempts.GetAttempt(attempt_pb2.GetAttemptRequest(id=attempt))
    one(
        found,
        {
            "id": found.id,
            "campaign": found.campaign_id,
            "lead": f"{found.lead_id}, attempt {found.no}",
            "number": found.number,
            "state": enum_name(found, "state"),
            "outcome": found.outcome,
            "hangup cause": found.hangup_cause,
            "detail": found.detail,
            "digits": found.digits,
            "worker": found.worker,
        },
    )
    if not output.Output.json:
        output.console.print()
        for event in found.events:
            moment = event.at.ToDatetime().isoformat(sep=" ", timespec="milliseconds")
            output.console.print(f"  {moment}Z  {output.plain(event.kind)}  [dim]{output.plain(event.detail)}[/dim]")
