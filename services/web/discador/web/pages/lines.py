"""The ways out: nodes (each an Asterisk and its gateway) and the trunks on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from google.protobuf.field_mask_pb2 import FieldMask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from discador.core.identity import Permission
from discador.runtime.remote_error import RemoteError
from discador.v1 import node_pb2, trunk_pb2
from discador.web.i18n.marks import N_
from discador.web.pages.caller import Handler, needs
from discador.web.pages.errors import status_of
from discador.web.pages.form_reading import Fields, fields_of, id_of
from discador.web.pages.master import request_id
from discador.web.pages.notices import seen_after
from discador.web.pages.site import master_of, site_of

FORMATS: Final = (
    ("e164", N_("+5511987654321")),
    ("e164_without_plus", N_("5511987654321")),
    ("national", N_("11987654321")),
)
_PAGE: Final = 200


def read_trunk(fields: Fields) -> trunk_pb2.Trunk:
    """Return the trunk that the form describes."""
    return trunk_pb2.Trunk(
        name=fields.text("name"),
        node_id=fields.integer("node_id"),
        dial=fields.text("dial"),
        number_format=fields.text("number_format"),
        max_channels=min(fields.integer("max_channels"), 2**31 - 1),
        max_calls_per_second=fields.number("max_calls_per_second"),
        caller_id=fields.text("caller_id"),
        hide_attempt_header=fields.checked("hide_attempt_header"),
        disabled=fields.checked("disabled"),
    )


def read_node(fields: Fields) -> node_pb2.Node:
    """Return the node that the form describes."""
    return node_pb2.Node(
        name=fields.text("name"),
        gateway_address=fields.text("gateway_address"),
        disabled=fields.checked("disabled"),
    )


@dataclass(frozen=True)
class Noun:
    """One of the two: its messages, its form, its fields."""

    name: str
    wire: Any
    title: str
    read: Any
    fresh: Any
    fields: tuple[str, ...]
    may_read: Permission
    may_write: Permission

    @property
    def plural(self) -> str:
        """As in its addresses and templates."""
        return f"{self.name}s"

    def message(self, verb: str, **values: Any) -> Any:
        """Return the request of an RPC such as `CreateTrunk`."""
        ending = "s" if verb == "List" else ""
        return getattr(self.wire, f"{verb}{self.title}{ending}Request")(**values)

    async def ask(self, request: Request, verb: str, **values: Any) -> Any:
        """Call an RPC such as `CreateTrunk`."""
        ending = "s" if verb == "List" else ""
        method = f"{self.title}.{verb}{self.title}{ending}"
        return await master_of(request).ask(method, self.message(verb, **values))


TRUNK: Final = Noun(
    "trunk",
    trunk_pb2,
    "Trunk",
    read_trunk,
    lambda: trunk_pb2.Trunk(dial="PJSIP/{number}@trunk", max_channels=30, max_calls_per_second=5),
    (
        "name",
        "node_id",
        "dial",
        "number_format",
        "max_channels",
        "max_calls_per_second",
        "caller_id",
        "hide_attempt_header",
        "disabled",
    ),
    Permission.TRUNK_READ,
    Permission.TRUNK_WRITE,
)
NODE: Final = Noun(
    "node",
    node_pb2,
    "Node",
    read_node,
    node_pb2.Node,
    ("name", "gateway_address", "disabled"),
    Permission.NODE_READ,
    Permission.NODE_WRITE,
)


def _listed(noun: Noun) -> Handler:
    async def listed(request: Request) -> Response:
        found = await noun.ask(request, "List", page_size=_PAGE)
        context = {noun.plural: getattr(found, noun.plural), "nodes_by_id": await _nodes(request, noun)}
        return site_of(request).renderer.screen(request, noun.plural, context)

    return needs(noun.may_read)(listed)


def _shown(noun: Noun) -> Handler:
    async def shown(request: Request) -> Response:
        if "id" not in request.path_params:
            return await _form(request, noun, noun.fresh())
        return await _form(request, noun, await noun.ask(request, "Get", id=id_of(request)))

    return needs(noun.may_write)(shown)


def _sent(noun: Noun) -> Handler:
    async def sent(request: Request) -> Response:
        fields = await fields_of(request)
        one = noun.read(fields)
        once = fields.text("once")[:80] or request_id()
        values: dict[str, Any] = {noun.name: one, "request_id": once}
        verb = "Create"
        if "id" in request.path_params:
            one.id, verb = id_of(request), "Update"
            values["update_mask"] = FieldMask(paths=list(noun.fields))
        if fields.errors:
            return await _form(request, noun, one, fields.errors, status=400)
        try:
            await noun.ask(request, verb, **values)
        except RemoteError as error:
            if status_of(error) not in (400, 404, 409):
                raise
            fields.take(error, (f"{noun.name}.",))
            return await _form(request, noun, one, fields.errors, error.message, status_of(error))
        return seen_after(f"/{noun.plural}", "saved" if verb == "Update" else "created")

    return needs(noun.may_write)(sent)


def _deleted(noun: Noun) -> Handler:
    async def deleted(request: Request) -> Response:
        await noun.ask(request, "Delete", id=id_of(request), request_id=request_id())
        return seen_after(f"/{noun.plural}", "deleted")

    return needs(noun.may_write)(deleted)


async def _form(
    request: Request,
    noun: Noun,
    one: Any,
    errors: dict[str, str] | None = None,
    message: str = "",
    status: int = 200,
) -> Response:
    context = {
        "one": one,
        "errors": errors or {},
        "message": message,
        "formats": FORMATS,
        "nodes_by_id": await _nodes(request, noun),
        "once": request_id(),
    }
    return site_of(request).renderer.page(request, f"{noun.plural}/form.html", context, status)


async def _nodes(request: Request, noun: Noun) -> dict[int, str]:
    if noun is NODE:
        return {}
    return {node.id: node.name for node in (await NODE.ask(request, "List", page_size=_PAGE)).nodes}


def _routes(noun: Noun) -> list[Route]:
    at = f"/{noun.plural}"
    return [
        Route(at, _listed(noun), methods=["GET"]),
        Route(at, _sent(noun), methods=["POST"]),
        Route(f"{at}/new", _shown(noun)),
        Route(f"{at}/{{id:int}}", _shown(noun), methods=["GET"]),
        Route(f"{at}/{{id:int}}", _sent(noun), methods=["POST"]),
        Route(f"{at}/{{id:int}}/delete", _deleted(noun), methods=["POST"]),
    ]


ROUTES: Final = [*_routes(TRUNK), *_routes(NODE)]
