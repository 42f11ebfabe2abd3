"""Statements about many rows at once: one round trip for hundreds, and next to no work for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa

from discador.store.dialect import MANY, Dialect, Values
from discador.store.mariadb_literals import literals

T = TypeVar("T")
Row = Mapping[str, Any]
Constants = Mapping[str, int | str | None]  # own words and numbers: never what came from outside


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
    constant = [_literal(value) for value in fixed.values()]
    head = f"{dialect.prefer('INSERT', ignore)} INTO {quote.format_table(table)} ({names}) VALUES"
    done = 0
    for chunk in _chunks(rows) if dialect.many_rows else [rows]:
        if dialect.many_rows:
            same = "".join(f", {value}" for value in constant)
            written = ", ".join([f"({literals(row)}{same})" for row in chunk])
            done += _execute(connection, f"{head} {written} {ending}").rowcount
        else:
            marks = ", ".join([*["?"] * len(columns), *constant])
            done += connection.exec_driver_sql(f"{head} ({marks}) {ending}", list(chunk)).rowcount
    return done


def update_rows(
    connection: sa.Connection, dialect: Dialect, table: sa.Table, columns: Sequence[str], rows: Values
) -> None:
    """Write rows of values as the driver takes them; the first column is the key, which is no text."""
    for chunk in _chunks(rows):
        if dialect.many_rows:
            _execute(connection, dialect.update(table, columns, chunk))
        else:
            connection.exec_driver_sql(dialect.update(table, columns, chunk), list(chunk))


def driver_values(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    """Return the values of the rows, which all have the columns of the first, as the driver takes them."""
    dialect = connection.dialect
    processors = [
        (name, table.c[name].type.dialect_impl(dialect).bind_processor(dialect) or _unchanged) for name in rows[0]
    ]
    return [tuple([processor(row[name]) for name, processor in processors]) for row in rows]


def _execute(connection: sa.Connection, text: str) -> sa.CursorResult[Any]:
    """Run a statement in which all values are written out: a percent sign in it is one."""
    return connection.exec_driver_sql(text, execution_options={"no_parameters": True})


def _chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), MANY):
        yield rows[start : start + MANY]


def _literal(value: int | str | None) -> str:
    """Our own words, which have nothing to escape, as both databases read them."""
    return f"'{value}'" if isinstance(value, str) else "NULL" if value is None else str(value)


def _unchanged(value: Any) -> Any:
    return value
