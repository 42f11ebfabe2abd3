"""Statements about many rows at once, as text: what SQLAlchemy would say row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa

T = TypeVar("T")


def chunks(rows: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Return `rows` in parts of at most `size`."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def raw_rows(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    """Return the rows with their values as the driver takes them."""
    dialect = connection.dialect
    convert = []
    for name in rows[0]:
        processor = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
        convert.append((name, processor or _unchanged))
    return [[processor(row[name]) for name, processor in convert] for row in rows]


def update_text(table: sa.Table, columns: Sequence[str], rows: int) -> str:
    """Return an UPDATE of MariaDB that joins the table with its new values: for 50 rows five times as fast as 50
    statements. The first column is the key."""
    key, *changes = columns
    marks = f"({', '.join(['%s'] * len(columns))})"
    names = ", ".join(f"`{name}`" for name in columns)
    values = f"WITH v ({names}) AS (VALUES {', '.join([marks] * rows)}) SELECT * FROM v"  # noqa: S608  # own names
    assignments = ", ".join(f"t.`{name}` = v.`{name}`" for name in changes)
    return f"UPDATE `{table.name}` AS t JOIN ({values}) AS v ON t.`{key}` = v.`{key}` SET {assignments}"  # noqa: S608


def insert_text(
    connection: sa.Connection,
    table: sa.Table,
    option: str,
    columns: Sequence[str],
    mark: str,
    constants: Mapping[str, int | str | None],
    rows: int,
) -> str:
    """Return an INSERT of `rows` rows: a mark for each of `columns`, then the constants."""
    dialect = connection.dialect
    quote = dialect.identifier_preparer
    literals = [_literal(value, dialect) for value in constants.values()]
    names = ", ".join(quote.quote(name) for name in (*columns, *constants))
    one = f"({', '.join([*[mark] * len(columns), *literals])})"
    return f"INSERT {option} INTO {quote.format_table(table)} ({names}) VALUES {', '.join([one] * rows)}"  # noqa: S608  # own names


def _literal(value: int | str | None, dialect: sa.Dialect) -> str:
    return str(sa.literal(value).compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def _unchanged(value: Any) -> Any:
    return value
