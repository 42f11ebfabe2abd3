"""Values as MariaDB reads them inside a statement, in the way of PyMySQL, whose own takes a third of an import's time.

The sessions' `sql_mode` (`engine`) leaves the backslash its meaning, which the escaping needs.
"""

from __future__ import annotations

from collections.abc import Iterable

from pymysql.converters import escape_item, escape_string  # type: ignore[import-untyped]


def literals(values: Iterable[object]) -> str:
    """Return the values, which are as the driver takes them, with commas between."""
    return ", ".join([_literal(value) for value in values])


def _literal(value: object) -> str:
    kind = type(value)
    if kind is str:
        return f"'{escape_string(value)}'"
    if kind is int:
        return str(value)
    if value is None:
        return "NULL"
    text: str = escape_item(value, "utf8mb4")
    return text
