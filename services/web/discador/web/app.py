"""The ASGI application: health, the predecessor's paths, REST for every public RPC, and the operators' pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from typing import Final

import grpc
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from discador.rest_gateway import RestGateway
from discador.web import health, predecessor
from discador.web.auth.authentication import Authentication, Doors
from discador.web.security_headers import SecurityHeaders
from discador.web.token import BearerToken

ChannelSource = Callable[[], grpc.aio.Channel]

MASTER: Final = tuple(
    f"discador.v1.{name}Service"
    for name in ("Campaign", "Lead", "Attempt", "Trunk", "Node", "Worker", "System", "Dnc", "User", "Token", "Audit")
)
MAINTENANCE: Final = ("discador.v1.MaintenanceService",)
# A list of 100,000 rows in one request; larger ones stream over gRPC. Base64 adds a third.
IMPORT_BODY: Final = 22 * 1024 * 1024


def make_app(
    master: ChannelSource,
    maintenance: ChannelSource,
    api_token: str,
    version: str,
    pages: ASGIApp | None = None,
    doors: Doors | None = None,
) -> Starlette:
    """Return the application. The channels are asked for at each request, so they may be made later.

    `/api/…` belongs to programs, with their tokens, and to sessions; every other path to the pages, where there are
    some. `doors` is what identities are proven with; without it there is one program, which holds `api_token`.
    """
    channels: Mapping[str, ChannelSource] = {
        **dict.fromkeys(MASTER, master),
        **dict.fromkeys(MAINTENANCE, maintenance),
    }
    gateway = RestGateway(
        resources.files("discador.v1").joinpath("descriptors.binpb").read_bytes(),
        channels,
        body_limits={"discador.v1.LeadService.ImportLeads": IMPORT_BODY},
        metadata=_who_asks,
        title="Discador",
        version=version,
    )
    # A default and no Mount, whose pattern ends at a line break in the path: that path would be answered in plain text.
    document = _OpenApiUnderApi(gateway)
    programs: ASGIApp = Router(predecessor.routes(master), redirect_slashes=False, default=document)
    if doors is None:
        programs = BearerToken(programs, api_token)
    rest = programs if pages is None else _ByPath(programs, pages)
    if doors is not None:
        rest = Authentication(rest, doors)
    app = Starlette(routes=health.routes(master))
    app.router.redirect_slashes = False
    app.router.default = SecurityHeaders(rest)
    return app


def _who_asks(request: Request) -> Sequence[tuple[str, str]]:
    """The metadata that tells the master for whom an RPC is called; the authentication has minted it."""
    return tuple(getattr(request.state, "rpc_metadata", ()))


class _ByPath:
    """Tells programs from people by the path."""

    def __init__(self, programs: ASGIApp, people: ASGIApp) -> None:
        self._programs = programs
        self._people = people

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._programs if scope["path"].startswith("/api/") else self._people
        await app(scope, receive, send)


class _OpenApiUnderApi:
    """Serves the document at /api/openapi.json, beside the paths that it describes."""

    def __init__(self, gateway: ASGIApp) -> None:
        self._gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/api/openapi.json":
            scope = {**scope, "path": "/openapi.json", "raw_path": b"/openapi.json"}
        await self._gateway(scope, receive, send)
