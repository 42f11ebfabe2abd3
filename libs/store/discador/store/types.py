"""Column types that mean the same on MariaDB and on SQLite."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Dialect

E = TypeVar("E", bound=StrEnum)

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Made once: `json.dumps` with options makes an encoder for each call.
_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_MICROSECOND: Final = timedelta(microseconds=1)


def to_microseconds(at: datetime) -> int:
    """Return microseconds since 1970 UTC, exact (a float of seconds would not be). `at` must be aware."""
    return (at - EPOCH) // _MICROSECOND


def from_microseconds(value: int) -> datetime:
    """Return the instant as an aware datetime in UTC."""
    return EPOCH + timedelta(microseconds=value)


class Instant(sa.types.TypeDecorator[datetime]):
    """A moment: aware `datetime` in UTC outside, BIGINT of microseconds inside; no session time zone matters."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else to_microseconds(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else from_microseconds(int(value))


class AttemptId(sa.types.TypeDecorator[uuid.UUID]):
    """A UUID as 16 bytes; UUIDv7 in this form sort by their time."""

    impl = sa.LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        return dialect.type_descriptor(mysql.BINARY(16) if dialect.name == "mysql" else sa.LargeBinary(16))

    def process_bind_param(self, value: uuid.UUID | None, dialect: Dialect) -> bytes | None:
        return None if value is None else value.bytes

    def process_result_value(self, value: Any, dialect: Dialect) -> uuid.UUID | None:
        return None if value is None else uuid.UUID(bytes=bytes(value))


#: JSON as text, since neither database is ever asked to look inside.
JSON_TEXT: Final = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql")


class JsonObject(sa.types.TypeDecorator[dict[str, Any]]):
    """A JSON object, as a `dict` outside."""

    impl = JSON_TEXT
    cache_ok = True

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> str | None:
        return None if value is None else dump_json(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> dict[str, Any] | None:
        return None if value is None else json.loads(value)


class JsonList(JsonObject):
    """A JSON array of texts."""

    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else _encode(list(value))


class Choice(sa.types.TypeDecorator[E], Generic[E]):
    """A member of a `StrEnum`, stored as its text so that rows can be read by people."""

    impl = sa.String
    cache_ok = True

    def __init__(self, kind: type[E], length: int = 20) -> None:
        super().__init__(length)
        self.kind = kind

    def process_bind_param(self, value: E | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> E | None:
        return None if value is None else self.kind(value)


def dump_json(value: Mapping[str, Any]) -> str:
    """Return the one text of a JSON object that this package writes."""
    return _encode(value) if value else "{}"
