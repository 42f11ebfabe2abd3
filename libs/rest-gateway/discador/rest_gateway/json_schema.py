"""Message types as JSON Schema (2020-12, the dialect of OpenAPI 3.1)."""

from __future__ import annotations

from typing import Any, Final

from google.api import field_behavior_pb2
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from discador.rest_gateway import scalars
from discador.rest_gateway.schema import is_map

Json = dict[str, Any]
F = FieldDescriptor

_SPECIAL_NUMBERS: Final[Json] = {"type": "string", "enum": ["NaN", "Infinity", "-Infinity"]}
_STRING: Final[Json] = {"type": "string"}
_WELL_KNOWN: Final[dict[str, Json]] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "pattern": r"^-?\d+(\.\d{1,9})?s$"},
    "google.protobuf.FieldMask": {"type": "string", "description": "Paths, separated by commas."},
    "google.protobuf.Struct": {"type": "object"},
    "google.protobuf.ListValue": {"type": "array", "items": {}},
    "google.protobuf.Value": {},
    "google.protobuf.Empty": {"type": "object"},
    "google.protobuf.Any": {
        "type": "object",
        "properties": {"@type": _STRING},
        "required": ["@type"],
        "additionalProperties": True,
    },
    "google.api.HttpBody": {"type": "string", "contentEncoding": "base64"},
}


class SchemaWriter:
    """Writes `$ref`s, and collects what they refer to in `components`, by full name."""

    def __init__(self, comments: dict[str, str]) -> None:
        self.components: dict[str, Json] = {}
        self._comments = comments

    def message(self, descriptor: Descriptor) -> Json:
        """Return the schema of a message type."""
        name = descriptor.full_name
        if name in _WELL_KNOWN:
            return dict(_WELL_KNOWN[name])
        if name in scalars.WRAPPERS:
            inner = self._scalar(descriptor.fields_by_name["value"])
            return {"anyOf": [inner, {"type": "null"}]}
        if name not in self.components:
            self.components[name] = {}  # holds the place: types may be recursive
            properties = {field.json_name: self._property(field) for field in descriptor.fields}
            required = [field.json_name for field in descriptor.fields if _behaves(field, "REQUIRED")]
            schema: Json = {"type": "object", "properties": properties}
            self.components[name] = self._described(
                descriptor, {**schema, "required": required} if required else schema
            )
        return {"$ref": f"#/components/schemas/{name}"}

    def field(self, field: FieldDescriptor) -> Json:
        """Return the schema of a field's value, be it singular, a list or a map."""
        if is_map(field):
            assert field.message_type is not None
            value = self._element(field.message_type.fields_by_name["value"])
            return {"type": "object", "additionalProperties": value}
        element = self._element(field)
        return {"type": "array", "items": element} if field.is_repeated else element

    def description(self, full_name: str) -> Json:
        comment = self._comments.get(full_name)
        return {"description": comment} if comment else {}

    def _property(self, field: FieldDescriptor) -> Json:
        schema = self._described(field, self.field(field))
        if _behaves(field, "OUTPUT_ONLY"):
            schema["readOnly"] = True
        if _behaves(field, "INPUT_ONLY"):
            schema["writeOnly"] = True
        return schema

    def _described(self, definition: Any, schema: Json) -> Json:
        deprecated = {"deprecated": True} if definition.GetOptions().deprecated else {}
        return {**schema, **self.description(definition.full_name), **deprecated}

    def _element(self, field: FieldDescriptor) -> Json:
        if field.message_type is not None:
            return self.message(field.message_type)
        return self._enum(field.enum_type) if field.enum_type is not None else self._scalar(field)

    def _enum(self, enum: EnumDescriptor) -> Json:
        if enum.full_name == "google.protobuf.NullValue":
            return {"type": "null"}
        if enum.full_name not in self.components:
            described = [
                f"- `{value.name}`: {' '.join(comment.split())}"
                for value in enum.values
                # protobuf scopes a value beside its enum; its comment is found under the enum
                if (comment := self._comments.get(f"{enum.full_name}.{value.name}"))
            ]
            text = "\n\n".join(filter(None, [self._comments.get(enum.full_name, ""), "\n".join(described)]))
            schema: Json = {"type": "string", "enum": [value.name for value in enum.values]}
            self.components[enum.full_name] = {**schema, "description": text} if text else schema
        return {"$ref": f"#/components/schemas/{enum.full_name}"}

    def _scalar(self, field: FieldDescriptor) -> Json:
        if field.type == F.TYPE_BOOL:
            return {"type": "boolean"}
        if field.type == F.TYPE_BYTES:
            return {"type": "string", "contentEncoding": "base64"}
        if field.type in scalars.SIGNED_64:
            return {"type": "string", "format": "int64", "pattern": r"^-?\d+$"}
        if field.type in scalars.UNSIGNED_64:
            return {"type": "string", "format": "uint64", "pattern": r"^\d+$"}
        if field.cpp_type == F.CPPTYPE_INT32:
            return {"type": "integer", "format": "int32"}
        if field.cpp_type == F.CPPTYPE_UINT32:
            return {"type": "integer", "format": "uint32", "minimum": 0}
        if field.cpp_type in (F.CPPTYPE_DOUBLE, F.CPPTYPE_FLOAT):
            form = "double" if field.cpp_type == F.CPPTYPE_DOUBLE else "float"
            return {"anyOf": [{"type": "number", "format": form}, dict(_SPECIAL_NUMBERS)]}
        return dict(_STRING)


def _behaves(field: FieldDescriptor, behaviour: str) -> bool:
    wanted = field_behavior_pb2.FieldBehavior.Value(behaviour)
    return wanted in field.GetOptions().Extensions[field_behavior_pb2.field_behavior]
