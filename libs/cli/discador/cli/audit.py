"""`discador audit …`: who did what."""

from __future__ import annotations

from typing import Annotated

import typer

from discador.cli import output
from discador.cli.connection import connected
from discador.cli.failure import Failure
from discador.cli.output import many, one
from discador.v1 import audit_pb2

app = typer.Typer(help="The audit log: who did what.", no_args_is_help=True)


@app.command("list")
def list_(
    actor: Annotated[str, typer.Option(help="only this actor")] = "",
    action: Annotated[str, typer.Option(help="only this action, such as UpdateCampaign")] = "",
    about: Annotated[str, typer.Option(help='only this object, such as "campaign 7"')] = "",
    limit: Annotated[int, typer.Option(min=1, help="entries at most")] = 50,
) -> None:
    """List entries, newest first."""
    with connected() as api:
        found = output.pages(
            lambda token: api.audit.ListAudit(
                audit_pb2.ListAuditRequest(
                    actor=actor, action=action, object=about, page_token=token, page_size=min(limit, 200)
                )
            ),
            "entries",
            limit,
        )
    many(
        found,
        {
            "no": lambda e: e.no,
            "at": lambda e: e.at,
            "who": lambda e: e.actor,
            "from": lambda e: e.address,
            "what": lambda e: e.action,
            "object": lambda e: e.object,
            "before": lambda e: e.before,
            "after": lambda e: e.after,
            "reason": lambda e: e.reason,
        },
        "No entry fits.",
    )


@app.command()
def verify(
    head: Annotated[str, typer.Option(help="hash of an entry that you kept: it must still be in the chain")] = "",
) -> None:
    """Walk the hash chain; exit code 1 if an entry was changed, removed or put in."""
    with connected() as api:
        state = api.audit.VerifyAudit(audit_pb2.VerifyAuditRequest())
        if not state.intact:
            raise Failure(f"The chain is broken at entry {state.broken_at}.", "audit-broken")
        if head and not _holds(api.audit, head):
            raise Failure("The chain is whole, but the kept hash is not in it: its end was cut off.", "audit-cut")
    one(state, {"intact": state.intact, "entries": state.entries, "last hash": state.last_hash})


def _holds(audit: object, kept: str) -> bool:
    token = ""
    while True:
        page = audit.ListAudit(  # type: ignore[attr-defined]  # stubs have no types
            audit_pb2.ListAuditRequest(page_size=200, page_token=token)
        )
        if any(entry.hash == kept for entry in page.entries):
            return True
        token = page.next_page_token
        if not token:
            return False
