"""The first run: whoever can read the token's file makes the first administrator. The link carries the token behind
`#`, which browsers send to nobody."""

from __future__ import annotations

from importlib import resources
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from discador.runtime.remote_error import RemoteError
from discador.v1 import identity_pb2
from discador.web.auth.asking import page
from discador.web.auth.authentication import address_of, doors_of
from discador.web.auth.first_run import FirstRunToken
from discador.web.auth.login import enter
from discador.web.i18n.marks import N_
from discador.web.pages.form_reading import fields_of

WRONG_TOKEN: Final = N_("This is not the token that the file holds.")
_SCRIPT: Final = resources.files("discador.web.auth").joinpath("first_run.js").read_text(encoding="utf-8")


def routes(token: FirstRunToken) -> tuple[Route, ...]:
    """Return the routes; `token` is what has to be shown."""

    async def form(request: Request) -> Response:
        if not await doors_of(request).identities.first_run_open():
            return RedirectResponse("/login", 303)
        token.ensure()
        return page(request, "first_run", {"values": {}, "file": str(token.path.absolute())})

    async def create(request: Request) -> Response:
        fields, doors, address = await fields_of(request), doors_of(request), address_of(request.scope)
        values = {"name": fields.text("name"), "display_name": fields.text("display_name")}
        shown = {"values": values, "file": str(token.path.absolute())}
        if not await doors.identities.first_run_open():
            return RedirectResponse("/login", 303)
        if wait := await doors.rates.of_proof(address):
            response = page(request, "first_run", shown)
            response.status_code = 429
            response.headers["Retry-After"] = str(wait)
            return response
        if not token.matches(fields.text("token")):
            response = page(request, "first_run", {**shown, "errors": {"token": WRONG_TOKEN}})
            response.status_code = 403
            return response
        message = identity_pb2.CreateFirstUserRequest(
            name=values["name"],
            display_name=values["display_name"],
            password=str(fields.form.get("password", "")),
            address=address,
        )
        try:
            identity = await doors.identities.ask("CreateFirstUser", message)
        except RemoteError as error:
            return page(request, "first_run", shown, error)
        token.remove()
        return await enter(request, identity, "/")

    async def script(request: Request) -> Response:
        return Response(_SCRIPT, media_type="text/javascript")

    return (
        Route("/first-run", form, methods=["GET"]),
        Route("/first-run", create, methods=["POST"]),
        Route("/first-run.js", script, methods=["GET"]),
    )
