"""The OpenAPI 3.1 document of the served routes, from the same descriptors that serve them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import quote

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from starlette.requests import Request
from starlette.responses import Response

from discador.rest_gateway import scalars
from discador.rest_gateway.bindings import HTTP_BODY, WHOLE, Binding
from discador.rest_gateway.comments import comments_of, summary_of
from discador.rest_gateway.conditional import is_unchanged
from discador.rest_gateway.framing import EVENT_STREAM
from discador.rest_gateway.json_out import dumps
from discador.rest_gateway.json_schema import Json, SchemaWriter
from discador.rest_gateway.openapi_paths import OpenApiPaths, Wildcard, operation_key
from discador.rest_gateway.schema import Schema, is_map

_ERROR_REF: Final[Json] = {"$ref": "#/components/schemas/Error"}
_ERROR: Final[Json] = {
    "type": "object",
    "description": "A google.rpc.Status: what went wrong, with typed details.",
    "properties": {
        "code": {"type": "integer", "description": "The gRPC status code."},
        "message": {"type": "string"},
        "details": {
            "type": "array",
            "items": {"type": "object", "properties": {"@type": {"type": "string"}}, "required": ["@type"]},
        },
    },
    "required": ["code", "message", "details"],
}


class OpenApiDocument:
    """`content` is the document without `servers`, which the mount point decides at each request."""

    def __init__(self, schema: Schema, bindings: Sequence[Binding], title: str, version: str) -> None:
        self._comments: dict[str, str] = {}
        for file in schema.files.values():
            self._comments |= comments_of(file)
        self._writer = SchemaWriter(self._comments)
        names = OpenApiPaths()
        paths: dict[str, Json] = {}
        for binding in bindings:
            path, wildcards = names.of(binding)
            operation = self._operation(binding, wildcards)
            paths.setdefault(path, {})[operation_key(binding.http_method)] = operation
        services = sorted({binding.service for binding in bindings})
        self.content: Json = {
            "openapi": "3.1.0",
            "info": {"title": title, "version": version},
            "tags": [{"name": name, **self._writer.description(name)} for name in services],
            "paths": paths,
            "components": {"schemas": {"Error": _ERROR, **dict(sorted(self._writer.components.items()))}},
        }
        self._rendered: tuple[str, bytes, str] | None = None  # of the last mount point

    def response(self, request: Request) -> Response:
        """Answer with the document, or with 304 where the client has it."""
        root = quote(request.scope.get("root_path", "")) or "/"
        if self._rendered is None or self._rendered[0] != root:
            body = dumps({**self.content, "servers": [{"url": root}]})
            self._rendered = (root, body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')
        _, body, etag = self._rendered
        headers = {"ETag": etag, "Cache-Control": "no-cache"}
        if is_unchanged(etag, request.headers.get("if-none-match")):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type="application/json")

    def _operation(self, binding: Binding, wildcards: list[tuple[str, Wildcard]]) -> Json:
        comment = self._comments.get(binding.full_name, "")
        suffix = f"_{binding.index + 1}" if binding.index else ""
        operation: Json = {
            "operationId": f"{binding.full_name.replace('.', '_')}{suffix}",
            "tags": [binding.service],
        }
        if comment:
            operation |= {"summary": summary_of(comment), "description": comment}
        parameters = [self._path_parameter(binding, name, wildcard) for name, wildcard in wildcards]
        parameters += self._query_parameters(binding)
        if parameters:
            operation["parameters"] = parameters
        if binding.body is not None:
            operation["requestBody"] = {"content": self._body_content(binding)}
        error = {"description": "An error", "content": {"application/json": {"schema": _ERROR_REF}}}
        answer = {"description": "Success", "content": self._answer_content(binding)}
        operation["responses"] = {"200": answer, "default": error}
        return operation

    def _path_parameter(self, binding: Binding, name: str, wildcard: Wildcard) -> Json:
        parameter: Json = {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        bound = wildcard.variable
        if bound is None:
            return parameter
        described = self._writer.description(bound.fields[-1].full_name)
        if wildcard.is_whole:
            return {**parameter, "schema": self._writer.field(bound.fields[-1]), **described}
        pattern = "/".join(binding.template.segments[bound.variable.start : bound.variable.end])
        return {**parameter, "description": f"Part of `{'.'.join(bound.names)}`, which is `{pattern}`."}

    def _query_parameters(self, binding: Binding) -> list[Json]:
        if binding.body == WHOLE:
            return []
        from_path = {bound.names for bound in binding.variables}
        parameters: list[Json] = []
        for fields in _bindable(binding.request, (), ()):
            names = tuple(field.name for field in fields)
            if names in from_path or names[0] == binding.body:
                continue
            name = ".".join(field.json_name for field in fields)
            described = self._writer.description(fields[-1].full_name)
            schema = self._writer.field(fields[-1])
            if is_map(fields[-1]):
                described = {"description": f"A map, given as `{name}[key]=value`.", "explode": False}
            parameters.append({"name": name, "in": "query", "schema": schema, **described})
        return parameters

    def _body_content(self, binding: Binding) -> Json:
        if binding.takes_raw_body:
            return {"*/*": {"schema": {}}}
        field = binding.body_field
        schema = self._writer.message(binding.request) if field is None else self._writer.field(field)
        return {"application/json": {"schema": schema}}

    def _answer_content(self, binding: Binding) -> Json:
        if binding.answers_raw:
            return {"*/*": {"schema": {}}}
        field = binding.response_field
        schema = self._writer.message(binding.response) if field is None else self._writer.field(field)
        if not binding.is_stream:
            return {"application/json": {"schema": schema}}
        line = {
            "oneOf": [
                {"type": "object", "properties": {"result": schema}, "required": ["result"]},
                {"type": "object", "properties": {"error": _ERROR_REF}, "required": ["error"]},
            ]
        }
        events = {"type": "string", "description": "Events `message`, then `end`, or `error` with an Error."}
        return {"application/x-ndjson": {"schema": line}, EVENT_STREAM: {"schema": events}}


def _bindable(
    message: Descriptor, above: tuple[FieldDescriptor, ...], types: tuple[str, ...]
) -> Iterator[tuple[FieldDescriptor, ...]]:
    """Yield the fields a query can set; a recursive type is entered once."""
    for field in message.fields:
        inner = field.message_type
        is_plain = inner is None or inner.full_name in scalars.WRAPPERS | scalars.TEXTUAL
        if is_map(field):
            assert inner is not None
            value = inner.fields_by_name["value"].message_type
            is_plain = value is None or value.full_name in scalars.WRAPPERS | scalars.TEXTUAL
        if is_plain:
            yield (*above, field)
        elif (
            inner is not None
            and not field.is_repeated
            and inner.full_name not in scalars.WELL_KNOWN | {*types, HTTP_BODY}
        ):
            yield from _bindable(inner, (*above, field), (*types, inner.full_name))
