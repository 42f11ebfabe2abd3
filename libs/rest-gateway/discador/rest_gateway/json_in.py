"""JSON values to messages: ProtoJSON without the liberties `json_format` takes.

Values come from `json_text.load`. Every error is a `RequestError` (400) that names the field in the
form the client sent it, `book.authors[2].name`.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from discador.rest_gateway import scalars
from discador.rest_gateway.errors import RequestError
from discador.rest_gateway.schema import Schema, is_map


class JsonReader:
    """Fills messages. With `reject_unknown` a key that is no field is an error, else it is skipped."""

    def __init__(self, schema: Schema, *, reject_unknown: bool) -> None:
        self._schema = schema
        self._reject_unknown = reject_unknown

    def fill(self, message: Any, value: Any, path: str = "") -> None:
        """Merge the JSON form of a message, well-known types in theirs, into `message`."""
        descriptor: Descriptor = message.DESCRIPTOR
        name = descriptor.full_name
        if name in scalars.WRAPPERS:
            message.value = scalars.from_json(descriptor.fields_by_name["value"], value, path)
        elif name in scalars.TEXTUAL:
            scalars.set_textual(message, value, path)
        elif name in scalars.DYNAMIC:
            self._dynamic(message, value, path)
        elif not isinstance(value, dict):
            raise RequestError.invalid("must be an object", path or "body")
        elif name == scalars.ANY:
            self._any(message, value, path)
        else:
            self._fields(message, value, path)

    def set(self, message: Any, field: FieldDescriptor, value: Any, path: str) -> None:
        """Set `field`, still unset, from its JSON value; null leaves it unset."""
        if value is None and not _takes_null(field):
            return
        if is_map(field):
            self._map(message, field, value, path)
        elif field.is_repeated:
            self._list(getattr(message, field.name), field, value, path)
        elif field.message_type is not None:
            target = getattr(message, field.name)
            target.SetInParent()
            self.fill(target, value, path)
        else:
            setattr(message, field.name, self._scalar(field, value, path))

    def _fields(self, message: Any, value: dict[str, Any], path: str) -> None:
        seen: set[str] = set()
        for key, item in value.items():
            below = f"{path}.{key}" if path else key
            field = self._schema.field(message.DESCRIPTOR, key)
            if field is None:
                if self._reject_unknown:
                    raise RequestError.invalid(f"{message.DESCRIPTOR.name} has no such field", below)
                continue
            if field.name in seen:
                raise RequestError.invalid("the field is given twice, under two names", below)
            seen.add(field.name)
            oneof = field.containing_oneof
            if oneof is not None and item is not None and message.WhichOneof(oneof.name):
                raise RequestError.invalid(f"only one field of {oneof.name} may be given", below)
            self.set(message, field, item, below)

    def _list(self, target: Any, field: FieldDescriptor, value: Any, path: str) -> None:
        if not isinstance(value, list):
            raise RequestError.invalid("must be a list", path)
        for index, item in enumerate(value):
            below = f"{path}[{index}]"
            if item is None and not _takes_null(field):
                raise RequestError.invalid("a list may hold no null", below)
            if field.message_type is not None:
                self.fill(target.add(), item, below)
            else:
                target.append(self._scalar(field, item, below))

    def _map(self, message: Any, field: FieldDescriptor, value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise RequestError.invalid("must be an object", path)
        assert field.message_type is not None
        key_field = field.message_type.fields_by_name["key"]
        value_field = field.message_type.fields_by_name["value"]
        target = getattr(message, field.name)
        for text, item in value.items():
            below = f"{path}[{text}]"
            key = scalars.from_text(key_field, text, below)
            if key in target:
                raise RequestError.invalid("the key is given twice", below)
            if item is None and not _takes_null(value_field):
                raise RequestError.invalid("a map may hold no null", below)
            if value_field.message_type is not None:
                self.fill(target[key], item, below)
            else:
                target[key] = self._scalar(value_field, item, below)

    def _scalar(self, field: FieldDescriptor, value: Any, path: str) -> Any:
        if value is None:  # only `google.protobuf.NullValue` gets here
            return 0
        return scalars.from_json(field, value, path)

    def _dynamic(self, message: Any, value: Any, path: str) -> None:
        try:
            json_format.ParseDict(value, message, descriptor_pool=self._schema.pool)
        except (json_format.ParseError, ValueError, TypeError, OverflowError):
            raise RequestError.invalid(f"is no JSON form of {message.DESCRIPTOR.name}", path) from None

    def _any(self, message: Any, value: dict[str, Any], path: str) -> None:
        if not value:
            return
        url = str(value.get("@type", ""))
        try:
            inner = self._schema.new(self._schema.message(url.rpartition("/")[2]))
        except KeyError:
            raise RequestError.invalid("'@type' names no message this service knows", path) from None
        if "/" not in url:
            raise RequestError.invalid("'@type' is a URL: its last part, after a '/', names the message", path)
        rest = {key: item for key, item in value.items() if key != "@type"}
        if inner.DESCRIPTOR.full_name in scalars.WELL_KNOWN:
            if set(rest) != {"value"}:
                raise RequestError.invalid("this type is given under 'value' alone", path)
            self.fill(inner, rest["value"], f"{path}.value")
        else:
            self.fill(inner, rest, path)
        message.type_url = url
        message.value = inner.SerializePartialToString()


def _takes_null(field: FieldDescriptor) -> bool:
    type_ = field.message_type or field.enum_type
    return type_ is not None and type_.full_name in ("google.protobuf.Value", "google.protobuf.NullValue")
