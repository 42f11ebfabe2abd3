"""What MariaDB and SQLite say differently. Everything else is written once, for both.

Row locks: `with_for_update(...)`, also with `skip_locked`, is written for MariaDB; SQLAlchemy leaves it out on SQLite
without a word. That is safe only because a writing transaction on SQLite begins IMMEDIATE, so it is alone from its
first statement on: see `engine.py`.

Statements about many rows are text: SQLAlchemy compiles an upsert anew each time, and PyMySQL sends an update of many
rows as many updates.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa

from discador.store.mariadb_literals import literals


class Dialect(ABC):
    """One database's way of saying what SQL has no common word for."""

    #: Expression: microseconds since 1970 by the database's clock, when the statement began.
    now_us: sa.ColumnElement[int]

    #: That alone, as a statement.
    now_query: sa.Select[tuple[int]]

    #: Word after INSERT that leaves rows alone whose key exists. MariaDB's also cuts texts that are too long: check
    #: their lengths before.
    ignoring: str

    #: Whether one statement may carry all rows (a network lies between), or the driver repeats it for each.
    many_rows: bool

    @abstractmethod
    def on_conflict(self, table: sa.Table, replace: Sequence[str], add: Sequence[str]) -> str:
        """Return the end of an INSERT that, where the primary key exists, sets the columns `replace` and adds to those
        of `add`. With neither it changes nothing, but the row is locked against everybody else: after INSERT IGNORE,
        which takes a shared lock, two that want more of it would deadlock."""

    @abstractmethod
    def update(self, table: sa.Table, columns: Sequence[str], rows: Values) -> str:
        """Return an UPDATE of `columns`, the first being the key, which is no text: of all `rows`, their values written
        out (of one row, with marks for its values, if not `many_rows`)."""

    def prefer(self, insert: str, ignore: bool) -> str:
        """Return INSERT, or the one that leaves existing rows alone."""
        return f"{insert} {self.ignoring}" if ignore else insert


class MariaDb(Dialect):
    now_us = sa.literal_column("CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED)", sa.BigInteger)
    now_query = sa.select(now_us)
    ignoring = "IGNORE"
    many_rows = True

    def on_conflict(self, table: sa.Table, replace: Sequence[str], add: Sequence[str]) -> str:
        changes = [f"`{name}` = VALUES(`{name}`)" for name in replace]
        changes += [f"`{name}` = `{table.name}`.`{name}` + VALUES(`{name}`)" for name in add]
        key = next(iter(table.primary_key.columns)).name
        return f"ON DUPLICATE KEY UPDATE {', '.join(changes) or f'`{key}` = `{table.name}`.`{key}`'}"

    def update(self, table: sa.Table, columns: Sequence[str], rows: Values) -> str:
        # A join with the new values: for fifty rows it takes a fifth of the time of fifty statements.
        key, *changes = columns
        names = ", ".join(f"`{name}`" for name in columns)
        written = ", ".join([f"({literals(row)})" for row in rows])
        values = f"WITH v ({names}) AS (VALUES {written}) SELECT * FROM v"  # noqa: S608  # own names
        assignments = ", ".join(f"t.`{name}` = v.`{name}`" for name in changes)
        return f"UPDATE `{table.name}` AS t JOIN ({values}) AS v ON t.`{key}` = v.`{key}` SET {assignments}"  # noqa: S608


class Sqlite(Dialect):
    now_us = sa.literal_column("discador_now()", sa.BigInteger)
    now_query = sa.select(now_us)
    ignoring = "OR IGNORE"
    many_rows = False

    def on_conflict(self, table: sa.Table, replace: Sequence[str], add: Sequence[str]) -> str:
        changes = [f'"{name}" = excluded."{name}"' for name in replace]
        changes += [f'"{name}" = "{table.name}"."{name}" + excluded."{name}"' for name in add]
        key = ", ".join(f'"{column.name}"' for column in table.primary_key.columns)
        return f"ON CONFLICT ({key}) DO {'UPDATE SET ' + ', '.join(changes) if changes else 'NOTHING'}"

    def update(self, table: sa.Table, columns: Sequence[str], rows: Values) -> str:
        key, *changes = columns
        # Numbered, since the key comes first among the values and last in the statement.
        assignments = ", ".join(f'"{name}" = ?{place}' for place, name in enumerate(changes, 2))
        return f'UPDATE "{table.name}" SET {assignments} WHERE "{key}" = ?1'  # noqa: S608  # own names


#: Rows of one statement: a few hundred kilobytes, far below the server's `max_allowed_packet`.
MANY: Final = 500

Values = Sequence[tuple[Any, ...]]
