"""`discador token …`: keys for programs."""

from __future__ import annotations

from typing import Annotated

import typer

from discador.cli import output
from discador.cli.connection import connected
from discador.cli.output import Output, joined, many, one, problems
from discador.cli.user import user_id
from discador.v1 import identity_pb2

app = typer.Typer(help="API tokens: keys for programs.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="what it is for")],
    user: Annotated[str, typer.Option(help="id or name of its owner, for whom it acts")],
    may: Annotated[list[str], typer.Option(help="a permission, such as lead:write; repeat it for more")],
    campaign: Annotated[list[int] | None, typer.Option(help="id of a campaign to be limited to")] = None,
    days: Annotated[int, typer.Option(help="days until it ends, 1 to 366")] = 90,
) -> None:
    """Make a token. Its secret is printed once, on standard output, and cannot be shown again."""
    with connected() as api:
        token = identity_pb2.ApiToken(
            name=name, user_id=user_id(api, user), permissions=may, campaign_ids=campaign or []
        )
        made = api.tokens.CreateToken(identity_pb2.CreateTokenRequest(token=token, days=days))
    if Output.json:
        one(made, {})
        return
    problems.print("Send it as `authorization: Bearer …`. It is shown this once:")
    print(made.secret)


@app.command("list")
def list_() -> None:
    """List tokens, ended ones too."""
    with connected() as api:
        found = output.pages(
            lambda token: api.tokens.ListTokens(identity_pb2.ListTokensRequest(page_token=token)), "tokens", 100_000
        )
    many(
        found,
        {
            "id": lambda t: t.id,
            "name": lambda t: t.name,
            "owner": lambda t: t.user_name,
            "permissions": lambda t: joined(t.permissions),
            "campaigns": lambda t: joined(t.campaign_ids) or "its owner's",
            "ends": lambda t: t.expires_at,
            "last used": lambda t: t.last_used_at,
            "revoked": lambda t: t.revoked_at,
        },
        "There is no token yet: `discador token create NAME --user USER --may PERMISSION` makes one.",
    )


@app.command()
def revoke(
    token: Annotated[int, typer.Argument(help="id of the token")],
    reason: Annotated[str, typer.Option(help="why, for the audit log")] = "",
) -> None:
    """End a token; it opens nothing any more within seconds."""
    with connected() as api:
        ended = api.tokens.RevokeToken(identity_pb2.RevokeTokenRequest(id=token, reason=reason))
    one(ended, {"id": ended.id, "name": ended.name, "owner": ended.user_name, "revoked": ended.revoked_at})
