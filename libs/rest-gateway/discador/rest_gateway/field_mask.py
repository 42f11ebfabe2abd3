"""The update mask a PATCH implies: the paths its body names."""

from __future__ import annotations

from typing import Any, Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from discador.rest_gateway.scalars import WELL_KNOWN
from discador.rest_gateway.schema import Schema, is_message

FIELD_MASK: Final = "google.protobuf.FieldMask"


def mask_field_of(request: Descriptor) -> FieldDescriptor | None:
    """Return the request's field mask, if it has exactly one."""
    masks = [
        field
        for field in request.fields
        if field.message_type is not None and field.message_type.full_name == FIELD_MASK and not field.is_repeated
    ]
    return masks[0] if len(masks) == 1 else None


def paths_named(schema: Schema, descriptor: Descriptor, value: dict[str, Any]) -> list[str]:
    """Return the leaves of the JSON object `value`, by proto name and sorted.

    A list, a map, a well-known type, an empty object and a null are leaves: each replaces its field whole.
    """
    paths: list[str] = []
    for key, item in value.items():
        field = schema.field(descriptor, key)
        if field is None:
            continue
        below = field.message_type
        is_nested = below is not None and is_message(field) and not field.is_repeated
        if isinstance(item, dict) and item and is_nested and below and below.full_name not in WELL_KNOWN:
            paths += [f"{field.name}.{path}" for path in paths_named(schema, below, item)]
        else:
            paths.append(field.name)
    return sorted(paths)
