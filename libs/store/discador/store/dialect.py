"""What MariaDB and SQLite say differently. Everything else is written once, for both.

Row locks: `with_for_update(...)`, also with `skip_locked`, is written for MariaDB; SQLAlchemy leaves it out on SQLite
without a word. That is safe only because a writing transaction on SQLite begins IMMEDIATE, so it is alone from its
first statement on: see `engine.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, sqlite

from discador.store.bulk import chunks, insert_text, raw_rows, update_text

Row = Mapping[str, Any]
Constants = Mapping[str, int | str | None]

#: Rows of one statement: a few hundred kilobytes, far below the server's `max_allowed_packet`.
_ROWS: Final = 500


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
        """Write `rows`, which all have the same columns, the first one being the key, which is no text."""

    @abstractmethod
    def insert_many(
        self,
        connection: sa.Connection,
        table: sa.Table,
        columns: Sequence[str],
        rows: Sequence[tuple[Any, ...]],
        constants: Constants,
    ) -> int:
        """Insert `rows` but those whose key exists; return how many went in. `constants` are the columns that are
        the same in all. Values are those of the driver: the per-value work of SQLAlchemy and PyMySQL is most of
        what an import costs."""


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
        for chunk in chunks(rows, _ROWS):
            values = raw_rows(connection, table, chunk)
            connection.exec_driver_sql(update_text(table, tuple(chunk[0]), len(chunk)), tuple(chain(*values)))

    def insert_many(
        self,
        connection: sa.Connection,
        table: sa.Table,
        columns: Sequence[str],
        rows: Sequence[tuple[Any, ...]],
        constants: Constants,
    ) -> int:
        done = 0
        for chunk in chunks(rows, _ROWS):
            text = insert_text(connection, table, "IGNORE", columns, "%s", constants, len(chunk))
            done += connection.exec_driver_sql(text, tuple(chain(*chunk))).rowcount
        return done


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
        # A statement a row costs nothing without a network.
        key, *names = rows[0]
        changes: dict[str, Any] = {name: sa.bindparam(name) for name in names}
        statement = sa.update(table).where(table.c[key] == sa.bindparam("the_key")).values(changes)
        connection.execute(statement, [{"the_key": row[key], **{name: row[name] for name in names}} for row in rows])

    def insert_many(
        self,
        connection: sa.Connection,
        table: sa.Table,
        columns: Sequence[str],
        rows: Sequence[tuple[Any, ...]],
        constants: Constants,
    ) -> int:
        text = insert_text(connection, table, "OR IGNORE", columns, "?", constants, 1)
        return connection.exec_driver_sql(text, list(rows)).rowcount
