"""The `google.api.http` rules of the served services, read into bindings; whatever cannot be served is refused."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

from google.api import annotations_pb2, http_pb2
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from discador.rest_gateway import template
from discador.rest_gateway.bindings import WHOLE, Binding, BoundVariable
from discador.rest_gateway.field_mask import mask_field_of
from discador.rest_gateway.refusals import Refusal
from discador.rest_gateway.routing import DuplicateRoute, RouteTable
from discador.rest_gateway.schema import Schema

_METHOD: Final = re.compile(r"[A-Z][A-Z-]*")
_BODILESS: Final = frozenset({"GET", "DELETE", "HEAD"})


class _Broken(Exception):
    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(reason)
        self.rule = rule
        self.reason = reason


class Rules:
    """Reads every rule of `services`; `refusals` is empty where all can be served."""

    def __init__(self, schema: Schema, services: Collection[str], openapi_path: str) -> None:
        self.table: RouteTable[Binding] = RouteTable()
        self.bindings: list[Binding] = []
        self.refusals: list[Refusal] = []
        self._schema = schema
        self._openapi_path = openapi_path
        defined = dict(schema.services())
        for name in services:
            if name not in defined:
                self._refuse(name, "unknown-service", "a channel is given for it, but the set does not define it")
                continue
            for method in defined[name].method:
                self._read(name, method)

    def _read(self, service: str, method: descriptor_pb2.MethodDescriptorProto) -> None:
        if not method.options.HasExtension(annotations_pb2.http):
            return
        full_name = f"{service}.{method.name}"
        if method.client_streaming:
            self._refuse(full_name, "streaming-in", "a method that streams requests has no REST form")
            return
        for index, rule in enumerate(_with_additional(method.options.Extensions[annotations_pb2.http])):
            try:
                self._add(self._bind(service, method, rule, index))
            except _Broken as broken:
                self._refuse(full_name, broken.rule, f"{_text(rule)}: {broken.reason}")

    def _bind(
        self, service: str, method: descriptor_pb2.MethodDescriptorProto, rule: http_pb2.HttpRule, index: int
    ) -> Binding:
        http_method, path = _pattern(rule)
        if index and rule.additional_bindings:
            raise _Broken("nested-bindings", "an additional binding has no additional bindings of its own")
        try:
            parsed = template.parse(path)
        except template.TemplateError as error:
            raise _Broken("template", str(error)) from None
        request = self._schema.message(method.input_type.lstrip("."))
        response = self._schema.message(method.output_type.lstrip("."))
        if rule.body and http_method in _BODILESS:
            raise _Broken("body-method", f"{http_method} takes no body")
        body_field = None if rule.body in ("", WHOLE) else _top_level(request, rule.body, "body")
        variables = tuple(
            BoundVariable(variable, _fields_of(request, variable.field_path)) for variable in parsed.variables
        )
        if any(bound.names == (rule.body,) for bound in variables):
            raise _Broken("body-in-path", f"{rule.body} is bound by the path and by the body")
        needs_mask = http_method == "PATCH" and body_field is not None and body_field.message_type is not None
        return Binding(
            service=service,
            method=method.name,
            http_method=http_method,
            template=parsed,
            variables=variables,
            request=request,
            response=response,
            body=rule.body or None,
            body_field=body_field,
            response_field=_top_level(response, rule.response_body, "response-body") if rule.response_body else None,
            is_stream=method.server_streaming,
            mask_field=mask_field_of(request) if needs_mask else None,
            index=index,
        )

    def _add(self, binding: Binding) -> None:
        if binding.http_method in ("GET", "HEAD") and binding.template.shape == self._openapi_path:
            raise _Broken("duplicate-route", "this path is the gateway's own OpenAPI document")
        try:
            self.table.add(binding.http_method, binding.template, binding)
        except DuplicateRoute as duplicate:
            raise _Broken("duplicate-route", f"the route {duplicate.existing.text} has the same shape") from None
        self.bindings.append(binding)

    def _refuse(self, method: str, rule: str, reason: str) -> None:
        self.refusals.append(Refusal(method, rule, reason))


def _with_additional(rule: http_pb2.HttpRule) -> Iterator[http_pb2.HttpRule]:
    yield rule
    yield from rule.additional_bindings


def _pattern(rule: http_pb2.HttpRule) -> tuple[str, str]:
    kind = rule.WhichOneof("pattern")
    if kind is None:
        raise _Broken("pattern", "the rule names no HTTP method and path")
    if kind != "custom":
        return kind.upper(), getattr(rule, kind)
    if not _METHOD.fullmatch(rule.custom.kind):
        raise _Broken("pattern", "a custom kind is one HTTP method in capitals; '*' is not served")
    return rule.custom.kind, rule.custom.path


def _text(rule: http_pb2.HttpRule) -> str:
    try:
        return " ".join(_pattern(rule))
    except _Broken:
        return "no pattern"


def _top_level(message: Descriptor, name: str, rule: str) -> FieldDescriptor:
    field = message.fields_by_name.get(name)
    if field is None:
        raise _Broken(rule, f"{name!r} is no top-level field of {message.name}")
    return field


def _fields_of(request: Descriptor, path: tuple[str, ...]) -> tuple[FieldDescriptor, ...]:
    fields: list[FieldDescriptor] = []
    within: Descriptor | None = request
    for name in path:
        field = within.fields_by_name.get(name) if within is not None else None
        if field is None:
            raise _Broken("path-field", f"{'.'.join(path)!r} is no field of {request.name}")
        if field.is_repeated:
            raise _Broken("path-field", f"{name} is repeated or a map: it cannot stand in a path")
        fields.append(field)
        within = field.message_type
    if within is not None:
        raise _Broken("path-field", f"{'.'.join(path)} is a message: it cannot stand in a path")
    return tuple(fields)
