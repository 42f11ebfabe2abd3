"""Statements about many rows at once: one round trip for hundreds, and next to no work for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, TypeVar

import sqlalchemy as sa

from discador.store.dialect import MANY, Dialect, Values

T = TypeVar("T")
Row = Mapping[str, Any]
Constants = Mapping[str, int | str | None]


def insert_rows(
    connection: sa.Connection,
    dialect: Dialect,
    table: sa.Table,
    columns: Sequence[str],
    rows: Values,
    *,
    constants: Constants | None = None,
    ignore: bool = False,
    ending: str = "",
) -> int:
    """Insert rows of values as the driver takes them; return how many went in. `constants` are the columns that are
    the same in all rows; `ignore` leaves out rows whose key exists; `ending` is `Dialect.on_conflict`."""
    quote = connection.dialect.identifier_preparer
    fixed = constants or {}
    names = ", ".join(quote.quote(name) for name in (*columns, *fixed))
    literals = [_literal(value, connection.dialect) for value in fixed.values()]
    marks = f"({', '.join([*[dialect.mark] * len(columns), *literals])})"
    head = f"{dialect.prefer('INSERT', ignore)} INTO {quote.format_table(table)} ({names}) VALUES"
    done = 0
    for chunk in _chunks(rows) if dialect.many_rows else [rows]:
        if dialect.many_rows:
            text = f"{head} {', '.join([marks] * len(chunk))} {ending}"
            done += connection.exec_driver_sql(text, tuple(chain.from_iterable(chunk))).rowcount
        else:
            done += connection.exec_driver_sql(f"{head} {marks} {ending}", list(chunk)).rowcount
    return done


def update_rows(
    connection: sa.Connection, dialect: Dialect, table: sa.Table, columns: Sequence[str], rows: Values
) -> None:
    """Write rows of values as the driver takes them; the first column is the key, which is no text."""
    for chunk in _chunks(rows):
        text = dialect.update(table, columns, len(chunk))
        if dialect.many_rows:
            connection.exec_driver_sql(text, tuple(chain.from_iterable(chunk)))
        else:
            connection.exec_driver_sql(text, list(chunk))


def driver_values(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    """Return the values of the rows, which all have the columns of the first, as the driver takes them."""
    dialect = connection.dialect
    processors = [
        (name, table.c[name].type.dialect_impl(dialect).bind_processor(dialect) or _unchanged) for name in rows[0]
    ]
    return [tuple([processor(row[name]) for name, processor in processors]) for row in rows]


def _chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), MANY):
        yield rows[start : start + MANY]


def _literal(value: int | str | None, dialect: sa.Dialect) -> str:
    return str(sa.literal(value).compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def _unchanged(value: Any) -> Any:
    return value
