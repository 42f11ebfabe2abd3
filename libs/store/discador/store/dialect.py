"""What MariaDB and SQLite say differently. Everything else is written once, for both.

Row locks: `with_for_update(...)`, also with `skip_locked`, is written for MariaDB; SQLAlchemy leaves it out on SQLite
without a word. That is safe only because a writing transaction on SQLite begins IMMEDIATE, so it is alone from its
first statement on: see `engine.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, sqlite

Row = Mapping[str, Any]


class Dialect(ABC):
    """One database's way of saying what SQL has no common word for."""

    name: str

    #: Expression: microseconds since 1970 by the database's clock, when the statement began.
    now_us: sa.ColumnElement[int]

    @abstractmethod
    def insert_ignore(self, table: sa.Table) -> sa.Insert:
        """Return an INSERT that leaves rows alone whose key exists. On MariaDB it also cuts texts that are too
        long: check lengths before."""

    @abstractmethod
    def upsert(self, table: sa.Table, *, replace: Sequence[str] = (), add: Sequence[str] = ()) -> sa.Insert:
        """Return an INSERT that, where the primary key exists, sets the columns `replace` and adds to those of `add`.

        With neither it changes nothing but locks the row, present or new, against everybody else. A plain
        INSERT IGNORE would take a shared lock first, and two that want more of it then deadlock.
        """

    @abstractmethod
    def update_many(self, connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
        """Write `rows`, which all have the same columns; the primary key's say which row, the others what to set."""

    @abstractmethod
    def insert_many(
        self, connection: sa.Connection, table: sa.Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
    ) -> int:
        """Insert raw tuples (values as the driver takes them) but those whose key exists; return how many went in.

        It goes past SQLAlchemy's per-value work, which halves the speed of an import."""


class MariaDb(Dialect):
    name = "mariadb"
    now_us = sa.literal_column("CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED)", sa.BigInteger)

    def insert_ignore(self, table: sa.Table) -> sa.Insert:
        return sa.insert(table).prefix_with("IGNORE")

    def upsert(self, table: sa.Table, *, replace: Sequence[str] = (), add: Sequence[str] = ()) -> sa.Insert:
        statement = mysql.insert(table)
        inserted = statement.inserted
        changes: dict[str, Any] = {name: inserted[name] for name in replace}
        changes |= {name: table.c[name] + inserted[name] for name in add}
        if not changes:
            key = next(iter(table.primary_key.columns)).name
            changes = {key: table.c[key]}
        return statement.on_duplicate_key_update(changes)

    def update_many(self, connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
        _update_each(connection, table, rows)

    def insert_many(
        self, connection: sa.Connection, table: sa.Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
    ) -> int:
        names = ", ".join(f"`{column}`" for column in columns)
        marks = ", ".join(["%s"] * len(columns))
        statement = f"INSERT IGNORE INTO `{table.name}` ({names}) VALUES ({marks})"  # noqa: S608  # names of our own tables
        return connection.exec_driver_sql(statement, list(rows)).rowcount


class Sqlite(Dialect):
    name = "sqlite"
    now_us = sa.literal_column("discador_now()", sa.BigInteger)

    def insert_ignore(self, table: sa.Table) -> sa.Insert:
        return sa.insert(table).prefix_with("OR IGNORE")

    def upsert(self, table: sa.Table, *, replace: Sequence[str] = (), add: Sequence[str] = ()) -> sa.Insert:
        statement = sqlite.insert(table)
        changes: dict[str, Any] = {name: statement.excluded[name] for name in replace}
        changes |= {name: table.c[name] + statement.excluded[name] for name in add}
        key = list(table.primary_key.columns)
        if not changes:
            return statement.on_conflict_do_nothing(index_elements=key)
        return statement.on_conflict_do_update(index_elements=key, set_=changes)

    def update_many(self, connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
        _update_each(connection, table, rows)

    def insert_many(
        self, connection: sa.Connection, table: sa.Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
    ) -> int:
        names = ", ".join(f'"{column}"' for column in columns)
        marks = ", ".join("?" * len(columns))
        statement = f'INSERT OR IGNORE INTO "{table.name}" ({names}) VALUES ({marks})'  # noqa: S608  # names of our own tables
        return connection.exec_driver_sql(statement, list(rows)).rowcount


def _update_each(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    if not rows:
        return
    key = [column.name for column in table.primary_key.columns]
    where = sa.and_(*(table.c[name] == sa.bindparam(f"key_{name}") for name in key))
    changes: dict[str, Any] = {name: sa.bindparam(name) for name in rows[0] if name not in key}
    values = [{(f"key_{name}" if name in key else name): value for name, value in row.items()} for row in rows]
    connection.execute(sa.update(table).where(where).values(changes), values)
