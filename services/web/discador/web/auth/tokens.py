"""API tokens."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from discador.core.identity import Permission
from discador.runtime.remote_error import RemoteError
from discador.v1 import identity_pb2 as wire
from discador.web.auth.asking import PERMISSIONS, ask_tokens, page
from discador.web.pages.caller import caller_of, needs
from discador.web.pages.form_reading import Fields, fields_of, id_of
from discador.web.pages.notices import seen_after


@needs(Permission.TOKEN_OWN)
async def listed(request: Request) -> Response:
    """List tokens, and offer to make one."""
    return await _page(request)


@needs(Permission.TOKEN_OWN)
async def create(request: Request) -> Response:
    """Make a token; its secret is on this one page only."""
    fields = await fields_of(request)
    token = wire.ApiToken(name=fields.text("name"))
    token.permissions.extend(word for word in PERMISSIONS if fields.checked(f"may_{word}"))
    for part in fields.text("campaign_ids").replace(",", " ").split():
        token.campaign_ids.append(int(part) if part.isascii() and part.isdigit() and len(part) < 19 else -1)
    try:
        made = await ask_tokens(
            request, "CreateToken", wire.CreateTokenRequest(token=token, days=fields.integer("days"))
        )
    except RemoteError as error:
        return await _page(request, fields, error)
    return page(request, "token_made", {"made": made})


@needs(Permission.TOKEN_OWN)
async def revoke(request: Request) -> Response:
    """End a token."""
    await ask_tokens(request, "RevokeToken", wire.RevokeTokenRequest(id=id_of(request)))
    return seen_after("/tokens", "saved")


async def _page(request: Request, fields: Fields | None = None, error: RemoteError | None = None) -> Response:
    message = wire.ListTokensRequest(page_size=100, page_token=request.query_params.get("page", ""))
    found = await ask_tokens(request, "ListTokens", message)
    caller = caller_of(request)
    offered = [word for word in PERMISSIONS if caller is not None and caller.may(word)]
    context = {
        "tokens": found.tokens,
        "token": found.next_page_token,
        "offered": offered,
        "chosen": [word for word in offered if fields is not None and fields.checked(f"may_{word}")],
        "values": {name: fields.text(name) if fields else "" for name in ("name", "days", "campaign_ids")},
    }
    return page(request, "tokens", context, error)


ROUTES: Final = (
    Route("/tokens", listed, methods=["GET"]),
    Route("/tokens", create, methods=["POST"]),
    Route("/tokens/{id:int}/revoke", revoke, methods=["POST"]),
)
