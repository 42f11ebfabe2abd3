"""Messages to JSON values: proto3 JSON, printed by a plan compiled once for each message type.

camelCase names, 64-bit integers as strings, enums by name, fields without presence always there. An
`Any` of an unknown type is printed as the base64 of its bytes.
"""

from __future__ import annotations

import base64
import json
import math
import re
import struct
from collections.abc import Callable
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import DecodeError

from discador.rest_gateway import scalars
from discador.rest_gateway.field_mask import FIELD_MASK
from discador.rest_gateway.schema import Schema, is_map

Print = Callable[[Any], Any]
F = FieldDescriptor


def dumps(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


class JsonPrinter:
    """Prints messages of one schema. A value ProtoJSON cannot express raises `ValueError`."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._messages: dict[str, Print] = {}

    def message(self, descriptor: Descriptor) -> Print:
        """Return the printer of a message type."""
        name = descriptor.full_name
        if name not in self._messages:
            if special := self._well_known(descriptor):
                self._messages[name] = special
            else:
                plan: list[tuple[str, str, bool, Print]] = []
                self._messages[name] = lambda message: _print_fields(message, plan)  # types may be recursive
                plan += [(f.name, f.json_name, f.has_presence, self.field(f)) for f in descriptor.fields]
        return self._messages[name]

    def field(self, field: FieldDescriptor) -> Print:
        """Return the printer of a field's value, be it singular, a list or a map."""
        if is_map(field):
            assert field.message_type is not None
            key = _map_key(field.message_type.fields_by_name["key"])
            value = self._element(field.message_type.fields_by_name["value"])
            return lambda items: {key(name): value(item) for name, item in items.items()}
        element = self._element(field)
        return (lambda items: [element(item) for item in items]) if field.is_repeated else element

    def any(self, value: Any) -> dict[str, Any]:
        """Print a `google.protobuf.Any` of this or another pool."""
        if not value.type_url:
            return {}
        unknown = {"@type": value.type_url, "value": base64.b64encode(value.value).decode()}
        try:
            descriptor = self._schema.message(value.type_url.rpartition("/")[2])
            inner: Any = self._schema.new(descriptor)
            inner.ParseFromString(value.value)
            printed = self.message(descriptor)(inner)
        except (KeyError, DecodeError, ValueError):
            return unknown
        is_special = descriptor.full_name in scalars.WELL_KNOWN
        return {"@type": value.type_url, **({"value": printed} if is_special else printed)}

    def _element(self, field: FieldDescriptor) -> Print:
        if field.message_type is not None:
            return self.message(field.message_type)
        if field.enum_type is not None:
            if field.enum_type.full_name == "google.protobuf.NullValue":
                return lambda number: None
            names = {number: value.name for number, value in field.enum_type.values_by_number.items()}
            return lambda number: names.get(number, number)
        if field.type in scalars.SIGNED_64 | scalars.UNSIGNED_64:
            return str
        if field.type == F.TYPE_BYTES:
            return lambda value: base64.b64encode(value).decode()
        if field.type == F.TYPE_DOUBLE:
            return _double
        return _float32 if field.type == F.TYPE_FLOAT else _same

    def _well_known(self, descriptor: Descriptor) -> Print | None:
        name = descriptor.full_name
        if name in scalars.WRAPPERS:
            inner = self._element(descriptor.fields_by_name["value"])
            return lambda message: inner(message.value)
        if name == FIELD_MASK:
            return _mask
        if name in scalars.TEXTUAL:
            return lambda message: message.ToJsonString()
        dynamic = {"Struct": _struct, "ListValue": _list_value, "Value": _value}
        if name in scalars.DYNAMIC:
            return dynamic[descriptor.name]
        return self.any if name == scalars.ANY else None


def _print_fields(message: Any, plan: list[tuple[str, str, bool, Print]]) -> dict[str, Any]:
    return {
        json_name: print_value(getattr(message, name))
        for name, json_name, has_presence, print_value in plan
        if not has_presence or message.HasField(name)
    }


def _map_key(field: FieldDescriptor) -> Callable[[Any], str]:
    return (lambda key: "true" if key else "false") if field.type == F.TYPE_BOOL else str


def _same(value: Any) -> Any:
    return value


def _double(value: float) -> Any:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _float32(value: float) -> Any:
    """The shortest decimal that reads back as the same 32-bit float."""
    if not math.isfinite(value):
        return _double(value)
    for digits in range(6, 9):
        short = float(f"{value:.{digits}g}")
        if struct.unpack("<f", struct.pack("<f", short))[0] == value:
            return short
    return float(f"{value:.9g}")


def _mask(message: Any) -> str:
    # protobuf's own printer fails on paths that camelCase cannot spell, like `line_2`: these stay as they are.
    return ",".join(re.sub("_([a-z])", lambda match: match[1].upper(), path) for path in message.paths)


def _struct(message: Any) -> dict[str, Any]:
    return {key: _value(value) for key, value in message.fields.items()}


def _list_value(message: Any) -> list[Any]:
    return [_value(value) for value in message.values]


def _value(message: Any) -> Any:
    kind = message.WhichOneof("kind")
    if kind is None or kind == "null_value":
        return None
    if kind == "struct_value":
        return _struct(message.struct_value)
    if kind == "list_value":
        return _list_value(message.list_value)
    value = getattr(message, kind)
    if kind != "number_value":
        return value
    if not math.isfinite(value):
        raise ValueError("google.protobuf.Value holds no NaN or infinity")
    return int(value) if value.is_integer() else value
