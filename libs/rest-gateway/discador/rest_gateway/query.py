"""Query parameters to fields of the request.

`a.b=v` reaches into messages, a repeated field takes its key any number of times, `m[k]=v` fills a map,
and well-known types are given in their ProtoJSON text. A field the path binds stays as it is, silently.
"""

from __future__ import annotations

from typing import Any, Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from discador.rest_gateway import scalars
from discador.rest_gateway.errors import RequestError
from discador.rest_gateway.schema import Schema, is_map

LET_BY: Final = frozenset({"alt", "key", "prettyPrint", "access_token", "_"})

FieldPath = tuple[str, ...]


class QueryBinder:
    def __init__(self, schema: Schema, *, reject_unknown: bool) -> None:
        self._schema = schema
        self._reject_unknown = reject_unknown

    def bind(
        self, message: Any, pairs: list[tuple[str, str]], from_path: frozenset[FieldPath], body: str | None
    ) -> None:
        """Set what `pairs` say. `from_path` are fields the path binds; `body` is the rule's: "*" binds none.

        Raises `RequestError` (400) naming the parameter.
        """
        seen: set[tuple[FieldPath, str]] = set()
        for key, text in pairs:
            name, bracket, map_key = key.partition("[")
            fields = self._resolve(message.DESCRIPTOR, name.split("."), key)
            if fields is None:
                self._unknown(key, "is no parameter of this method")
                continue
            names = tuple(field.name for field in fields)
            if names in from_path:
                continue
            if body == "*" or names[0] == body:
                self._unknown(key, "belongs in the body")
                continue
            is_entry = bool(bracket) and map_key.endswith("]")
            last = fields[-1]
            if bool(bracket) != is_map(last) or (bracket and not is_entry):
                raise RequestError.invalid("'name[key]' is for maps, and maps are given so", key)
            identity = (names, map_key)
            if identity in seen and (is_entry or not last.is_repeated):
                raise RequestError.invalid("is given twice", key)
            seen.add(identity)
            self._set(_parent(message, fields, key), last, map_key[:-1], text, key)

    def _resolve(self, descriptor: Descriptor, names: list[str], key: str) -> list[FieldDescriptor] | None:
        fields: list[FieldDescriptor] = []
        within: Descriptor = descriptor
        for at, name in enumerate(names):
            field = self._schema.field(within, name)
            if field is None:
                return None
            fields.append(field)
            if at == len(names) - 1:
                return fields
            if field.message_type is None or field.is_repeated:
                raise RequestError.invalid(f"{name} is no single message: nothing lies below it", key)
            if field.message_type.full_name in scalars.WELL_KNOWN:
                raise RequestError.invalid(f"{name} is given in its JSON form, not by its parts", key)
            within = field.message_type
        return None

    def _set(self, parent: Any, field: FieldDescriptor, map_key: str, text: str, key: str) -> None:
        if is_map(field):
            entry = field.message_type
            assert entry is not None
            entries = getattr(parent, field.name)
            item = scalars.from_text(entry.fields_by_name["key"], map_key, key)
            value = entry.fields_by_name["value"]
            if value.message_type is None:
                entries[item] = scalars.from_text(value, text, key)
            else:
                _fill(entries[item], text, key)
            return
        current = getattr(parent, field.name)
        if field.message_type is not None:
            target = current.add() if field.is_repeated else current
            _fill(target, text, key)
            target.SetInParent()
        elif field.is_repeated:
            current.append(scalars.from_text(field, text, key))
        else:
            setattr(parent, field.name, scalars.from_text(field, text, key))

    def _unknown(self, key: str, reason: str) -> None:
        if self._reject_unknown and key not in LET_BY and not key.startswith("$"):
            raise RequestError.invalid(reason, key)


def _parent(message: Any, fields: list[FieldDescriptor], key: str) -> Any:
    for field in fields:
        oneof = field.containing_oneof
        if oneof is not None and message.WhichOneof(oneof.name) not in (None, field.name):
            raise RequestError.invalid(f"only one field of {oneof.name} may be given", key)
        if field is not fields[-1]:
            message = getattr(message, field.name)
    return message


def _fill(message: Any, text: str, key: str) -> None:
    name = message.DESCRIPTOR.full_name
    if name in scalars.WRAPPERS:
        message.value = scalars.from_text(message.DESCRIPTOR.fields_by_name["value"], text, key)
    elif name in scalars.TEXTUAL:
        scalars.set_textual(message, text, key)
    else:
        raise RequestError.invalid(f"a query cannot carry a {message.DESCRIPTOR.name}", key)
