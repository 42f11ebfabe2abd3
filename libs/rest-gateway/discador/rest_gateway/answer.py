"""What a call yields, printed for HTTP."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from discador.rest_gateway import conditional
from discador.rest_gateway.bindings import Binding
from discador.rest_gateway.errors import HttpError
from discador.rest_gateway.json_out import JsonPrinter, dumps

JSON_TYPE = "application/json"


def printed_value(binding: Binding, response: Any) -> Any:
    """Return the response, or its field the rule names; None where that field is unset."""
    field = binding.response_field
    if field is None:
        return response
    if field.has_presence and not response.HasField(field.name):
        return None
    return getattr(response, field.name)


def json_value(printer: JsonPrinter, binding: Binding, response: Any) -> Any:
    """Raises `ValueError` for what ProtoJSON cannot express."""
    value = printed_value(binding, response)
    if value is None:
        return None
    field = binding.response_field
    return (printer.message(binding.response) if field is None else printer.field(field))(value)


def unary_response(printer: JsonPrinter, binding: Binding, response: Any, if_none_match: str | None) -> Response:
    """The answer of a unary method: JSON or raw bytes, or 304. Raises `ValueError` like `json_value`."""
    value = printed_value(binding, response)
    if binding.answers_raw:
        return raw_response(value)
    etag = conditional.etag_of(value if binding.printed_type is not None else None)
    headers = {"ETag": etag} if etag else {}
    if binding.http_method in ("GET", "HEAD") and conditional.is_unchanged(etag, if_none_match):
        return Response(status_code=304, headers=headers)
    return Response(dumps(json_value(printer, binding, response)), headers=headers, media_type=JSON_TYPE)


def raw_response(body: Any) -> Response:
    content_type = body.content_type if body is not None else ""
    # nosniff: a browser must not guess a script out of bytes a service stored for somebody else.
    headers = {
        "Content-Type": header_value(content_type) or "application/octet-stream",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(b"" if body is None else body.data, headers=headers)


def header_value(text: str) -> str:
    """Return `text` where it can stand in a header, else ""."""
    return text if text.isascii() and text.isprintable() else ""


def error_response(error: HttpError) -> Response:
    return Response(dumps(error.body), error.status, dict(error.headers), media_type=JSON_TYPE)
