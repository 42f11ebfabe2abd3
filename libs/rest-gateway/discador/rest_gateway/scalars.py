"""Scalars and well-known types, read strictly from JSON values and from the text of a path or query."""

from __future__ import annotations

import base64
import math
import re
import struct
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor

from discador.rest_gateway.errors import RequestError

F = FieldDescriptor

WRAPPERS: Final = frozenset(
    f"google.protobuf.{name}Value"
    for name in ("Double", "Float", "Int64", "UInt64", "Int32", "UInt32", "Bool", "String", "Bytes")
)
TEXTUAL: Final = frozenset(f"google.protobuf.{name}" for name in ("Timestamp", "Duration", "FieldMask"))
DYNAMIC: Final = frozenset(f"google.protobuf.{name}" for name in ("Struct", "Value", "ListValue"))
ANY: Final = "google.protobuf.Any"
WELL_KNOWN: Final = WRAPPERS | TEXTUAL | DYNAMIC | {ANY, "google.protobuf.Empty"}

SIGNED_64: Final = frozenset({F.TYPE_INT64, F.TYPE_SINT64, F.TYPE_SFIXED64})
UNSIGNED_64: Final = frozenset({F.TYPE_UINT64, F.TYPE_FIXED64})
_RANGES: Final = {
    F.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    F.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    F.CPPTYPE_UINT32: (0, 2**32 - 1),
    F.CPPTYPE_UINT64: (0, 2**64 - 1),
}
_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,19})")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]*={0,2}")
_URL_SAFE: Final = str.maketrans("-_", "+/")
_SPECIAL: Final = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_TIMESTAMP: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_DURATION: Final = re.compile(r"-?\d{1,12}(?:\.\d{1,9})?s", re.ASCII)
_MASK: Final = re.compile(r"(?:[A-Za-z_][\w.]*(?:,[A-Za-z_][\w.]*)*)?", re.ASCII)

_TEXT_FORMS: Final = {
    "google.protobuf.Timestamp": (_TIMESTAMP, "an RFC 3339 time"),
    "google.protobuf.Duration": (_DURATION, "seconds like '3.5s'"),
    "google.protobuf.FieldMask": (_MASK, "paths like 'a,b.c'"),
}


def from_json(field: FieldDescriptor, value: Any, path: str) -> Any:
    """Return what a scalar `field` (or one element of it) holds for the JSON `value`; raises `RequestError`."""
    kind = field.cpp_type
    if kind in _RANGES:
        return _integer(kind, value, path)
    if kind in (F.CPPTYPE_DOUBLE, F.CPPTYPE_FLOAT):
        return _float(field, value, path)
    if kind == F.CPPTYPE_BOOL:
        return value if isinstance(value, bool) else _expected("true or false", path)
    if kind == F.CPPTYPE_ENUM:
        return _enum(field, value, path)
    if not isinstance(value, str):
        return _expected("a string", path)
    return _bytes(value, path) if field.type == F.TYPE_BYTES else value


def from_text(field: FieldDescriptor, text: str, path: str) -> Any:
    """Like `from_json`, from a path or a query, where everything is text: an enum may be a known number."""
    if field.cpp_type == F.CPPTYPE_BOOL:
        return text == "true" if text in ("true", "false") else _expected("true or false", path)
    if field.enum_type is not None and _INTEGER.fullmatch(text):
        if int(text) not in field.enum_type.values_by_number:
            raise RequestError.invalid(f"no value of {field.enum_type.name} has this number", path)
        return int(text)
    return from_json(field, text, path)


def set_textual(message: Any, text: Any, path: str) -> None:
    """Fill a Timestamp, Duration or FieldMask from its ProtoJSON string; a mask may also use proto names."""
    pattern, wanted = _TEXT_FORMS[message.DESCRIPTOR.full_name]
    if not isinstance(text, str) or not pattern.fullmatch(text):
        _expected(wanted, path)
    if pattern is _MASK:
        message.paths[:] = [_snake(part) for part in text.split(",") if part]
        return
    try:
        message.FromJsonString(text)
    except (ValueError, OverflowError):
        _expected(wanted, path)


def _integer(kind: int, value: Any, path: str) -> int:
    if (isinstance(value, str) and _INTEGER.fullmatch(value)) or (isinstance(value, float) and value.is_integer()):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return int(_expected("an integer", path))
    lowest, highest = _RANGES[kind]
    if not lowest <= value <= highest:
        raise RequestError.invalid(f"must lie between {lowest} and {highest}", path)
    return value


def _float(field: FieldDescriptor, value: Any, path: str) -> float:
    if isinstance(value, str):
        if value in _SPECIAL:
            return _SPECIAL[value]
        value = float(value) if _NUMBER.fullmatch(value) else None
    if not isinstance(value, int | float) or isinstance(value, bool):
        return float(_expected("a number", path))
    try:
        number = float(value)
        if field.cpp_type == F.CPPTYPE_FLOAT:
            struct.pack("<f", number)
    except OverflowError:
        number = math.inf
    if math.isinf(number):
        raise RequestError.invalid("the number is too large", path)
    return number


def _enum(field: FieldDescriptor, value: Any, path: str) -> int:
    enum = field.enum_type
    assert enum is not None
    if isinstance(value, str):
        known = enum.values_by_name.get(value)
        if known is None:
            raise RequestError.invalid(f"is no value of {enum.name}", path)
        return known.number
    if not isinstance(value, int) or isinstance(value, bool):
        return int(_expected(f"the name of a value of {enum.name}", path))
    if not -(2**31) <= value < 2**31 or (enum.is_closed and value not in enum.values_by_number):
        raise RequestError.invalid(f"no value of {enum.name} has this number", path)
    return value


def _bytes(text: str, path: str) -> bytes:
    if not _BASE64.fullmatch(text):
        return bytes(_expected("base64", path))
    bare = text.rstrip("=")
    padded = bare + "=" * (-len(bare) % 4)
    if len(bare) % 4 == 1 or (text != bare and text != padded):
        return bytes(_expected("base64", path))
    return base64.b64decode(padded.translate(_URL_SAFE))


def _snake(path: str) -> str:
    return re.sub("[A-Z]", lambda match: "_" + match[0].lower(), path)


def _expected(what: str, path: str) -> Any:
    raise RequestError.invalid(f"must be {what}", path)
