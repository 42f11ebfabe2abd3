"""From the parts of an HTTP request to the request message: path, body and query meet here."""

from __future__ import annotations

import re
from typing import Any

from discador.rest_gateway import escapes, json_text, scalars
from discador.rest_gateway.bindings import Binding, BoundVariable
from discador.rest_gateway.errors import RequestError
from discador.rest_gateway.field_mask import paths_named
from discador.rest_gateway.json_in import JsonReader
from discador.rest_gateway.query import QueryBinder
from discador.rest_gateway.routing import Match
from discador.rest_gateway.schema import Schema


class RequestBuilder:
    """Builds request messages; every refusal is a `RequestError` with a 4xx status."""

    def __init__(self, schema: Schema, *, reject_unknown: bool) -> None:
        self._schema = schema
        self._reader = JsonReader(schema, reject_unknown=reject_unknown)
        self._query = QueryBinder(schema, reject_unknown=reject_unknown)

    def build(self, match: Match[Binding], query: bytes, content_type: str, body: bytes) -> Any:
        binding = match.target
        message: Any = self._schema.new(binding.request)
        value = self._read_body(binding, message, content_type, body)
        for bound in binding.variables:
            raw = match.template.text_of(bound.variable, match.segments)
            self._bind_variable(message, bound, escapes.decode(raw, keep_slash=bound.variable.is_multi))
        from_path = frozenset(bound.names for bound in binding.variables)
        self._query.bind(message, escapes.query_pairs(query), from_path, binding.body)
        self._imply_mask(binding, message, value)
        if not message.IsInitialized():
            raise RequestError.invalid("is required", message.FindInitializationErrors()[0])
        return message

    def _read_body(self, binding: Binding, message: Any, content_type: str, body: bytes) -> Any:
        """Fill what the body fills, and return its JSON value (None where there is none)."""
        if binding.body is None or not body:
            return None
        if binding.takes_raw_body:
            target = message if binding.body_field is None else getattr(message, binding.body_field.name)
            target.content_type = content_type
            target.data = body
            return None
        if not _is_json(content_type):
            raise RequestError(3, "the body must be application/json in UTF-8", http_status=415)
        value = json_text.load(body)
        if binding.body_field is None:
            self._reader.fill(message, value)
        else:
            self._reader.set(message, binding.body_field, value, binding.body_field.json_name)
        return value

    def _bind_variable(self, message: Any, bound: BoundVariable, text: str) -> None:
        name = ".".join(bound.names)
        *parents, field = bound.fields
        for parent in parents:
            _refuse_other_member(message, parent, name)
            message = getattr(message, parent.name)
        _refuse_other_member(message, field, name)
        value = scalars.from_text(field, text, name)
        current = getattr(message, field.name)
        is_given = message.HasField(field.name) if field.has_presence else current != field.default_value
        setattr(message, field.name, value)
        if is_given and getattr(message, field.name) != current:
            raise RequestError.invalid("the body says otherwise than the path", name)

    def _imply_mask(self, binding: Binding, message: Any, value: Any) -> None:
        if binding.mask_field is None or not isinstance(value, dict):
            return
        mask = getattr(message, binding.mask_field.name)
        if not mask.paths and binding.body_type is not None:
            mask.paths[:] = paths_named(self._schema, binding.body_type, value)


def _refuse_other_member(message: Any, field: Any, name: str) -> None:
    oneof = field.containing_oneof
    if oneof is not None and message.WhichOneof(oneof.name) not in (None, field.name):
        raise RequestError.invalid(f"the path gives this field of {oneof.name}, the body another", name)


def _is_json(content_type: str) -> bool:
    essence, _, parameters = content_type.lower().partition(";")
    charset = re.search(r"(?:^|;)\s*charset=\"?([^\s;\"]+)", parameters)
    is_utf8 = charset is None or charset[1] in ("utf-8", "utf8", "us-ascii")
    return is_utf8 and re.fullmatch(r"application/(?:[\w.-]+\+)?json", essence.strip()) is not None
