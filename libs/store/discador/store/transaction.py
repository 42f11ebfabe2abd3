"""Transactions: short, repeated when the database asks for it, joined when one is open already."""

from __future__ import annotations

import functools
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

import sqlalchemy as sa
import sqlalchemy.exc

from discador.store.bulk import Constants, Row, driver_values, insert_rows, update_rows
from discador.store.dialect import Dialect
from discador.store.driver_errors import is_transient, unavailable
from discador.store.engine import WRITES
from discador.store.types import from_microseconds

R = TypeVar("R", bound="Repository")
P = ParamSpec("P")
T = TypeVar("T")

#: Repetitions after a deadlock or a lock that did not come free, and the time after which none begins any more.
_TRIES: Final = 6
_PATIENCE_S: Final = 6.0
_PAUSE_S: Final = 0.02

Values = Mapping[str, Any] | Sequence[Mapping[str, Any]]


class Transaction:
    """An open transaction: what the bodies of operations work with."""

    def __init__(self, connection: sa.Connection, dialect: Dialect) -> None:
        self.connection = connection
        self.dialect = dialect

    def execute(self, statement: sa.Executable, values: Values | None = None) -> sa.CursorResult[Any]:
        """Run one statement; a sequence of values runs it once for each, in one round trip where that is possible."""
        result: sa.CursorResult[Any] = self.connection.execute(statement, values)
        return result

    def insert_one(self, table: sa.Table, **values: Any) -> int:
        """Insert a row that the database numbers; return its id."""
        inserted = self.connection.execute(sa.insert(table).values(**values)).inserted_primary_key
        assert inserted is not None
        return int(inserted[0])

    def insert_many(
        self,
        table: sa.Table,
        rows: Sequence[Row],
        *,
        constants: Constants | None = None,
        ignore: bool = False,
    ) -> int:
        """Insert rows, which all have the columns of the first, and `constants` (own words and numbers) in each.

        `ignore` leaves out those whose key exists; on MariaDB it also cuts texts that are too long, so check before.
        Returns how many went in.
        """
        if not rows:
            return 0
        values = driver_values(self.connection, table, rows)
        return self.insert_values(table, tuple(rows[0]), values, constants=constants, ignore=ignore)

    def insert_values(
        self,
        table: sa.Table,
        columns: Sequence[str],
        rows: Sequence[tuple[Any, ...]],
        *,
        constants: Constants | None = None,
        ignore: bool = False,
    ) -> int:
        """Insert rows of values as the driver takes them; else as `insert_many`."""
        return insert_rows(self.connection, self.dialect, table, columns, rows, constants=constants, ignore=ignore)

    def upsert(
        self, table: sa.Table, rows: Sequence[Row], *, replace: Sequence[str] = (), add: Sequence[str] = ()
    ) -> None:
        """Insert rows; where the primary key exists, set `replace` and add `add`. With neither it only locks."""
        if rows:
            values = driver_values(self.connection, table, rows)
            ending = self.dialect.on_conflict(table, replace, add)
            insert_rows(self.connection, self.dialect, table, tuple(rows[0]), values, ending=ending)

    def update_many(self, table: sa.Table, rows: Sequence[Row]) -> None:
        """Write rows, which all have the columns of the first; the first column is the key, which is no text."""
        if rows:
            values = driver_values(self.connection, table, rows)
            update_rows(self.connection, self.dialect, table, tuple(rows[0]), values)

    def now(self) -> datetime:
        """The database's clock. Ask after the locks are held: a statement's time is that of its beginning."""
        return from_microseconds(int(self.connection.execute(self.dialect.now_query).scalar_one()))


class Database:
    """Runs transactions on an engine. Each thread has at most one open, which further operations join."""

    def __init__(self, engine: sa.Engine, dialect: Dialect) -> None:
        self.engine = engine
        self.dialect = dialect
        self._writing = engine.execution_options(**{WRITES: True})
        # Not a context variable: those are copied into other threads, and a connection must never be.
        self._thread = threading.local()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Open one writing transaction that all operations of this thread join until it ends; it is not repeated.

        An error that leaves the block undoes everything. Joins an open one, which then decides.
        """
        if self._open is not None:
            yield self._open
            return
        try:
            with self._begin(writes=True) as transaction:
                yield transaction
        except sa.exc.SQLAlchemyError as error:
            if (known := unavailable(error)) is None:
                raise
            raise known from error

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Return what `work` makes of a writing transaction; joined if one is open, else committed on return.

        `work` may run several times: after a deadlock, a lock wait timeout or a busy SQLite. It must do nothing
        that the end of the transaction does not undo.
        """
        return self._run(work, writes=True)

    def read(self, work: Callable[[Transaction], T]) -> T:
        """Return what `work` reads. Inside an open transaction it sees what that has written."""
        return self._run(work, writes=False)

    @property
    def _open(self) -> Transaction | None:
        return getattr(self._thread, "transaction", None)

    def _run(self, work: Callable[[Transaction], T], writes: bool) -> T:
        if self._open is not None:
            return work(self._open)
        give_up_at = time.monotonic() + _PATIENCE_S
        for turn in range(1, _TRIES + 1):
            try:
                with self._begin(writes) as transaction:
                    return work(transaction)
            except sa.exc.SQLAlchemyError as error:
                if is_transient(error) and turn < _TRIES and time.monotonic() < give_up_at:
                    # Apart from each other, so that two that met once do not meet again.
                    time.sleep(_PAUSE_S * turn * random.random())  # noqa: S311  # no secret
                    continue
                if (known := unavailable(error)) is None:
                    raise
                raise known from error
        raise AssertionError("the last turn returns or raises")

    @contextmanager
    def _begin(self, writes: bool) -> Iterator[Transaction]:
        engine = self._writing if writes else self.engine
        with engine.connect() as connection, connection.begin():
            transaction = Transaction(connection, self.dialect)
            self._thread.transaction = transaction
            try:
                yield transaction
            finally:
                self._thread.transaction = None


class Repository:
    """A noun's operations."""

    def __init__(self, database: Database) -> None:
        self._database = database


def writes(method: Callable[Concatenate[R, Transaction, P], T]) -> Callable[Concatenate[R, P], T]:
    """Make a method of (self, transaction, …) an operation of (self, …) in a writing transaction."""

    @functools.wraps(method)
    def operation(self: R, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._database.write(lambda transaction: method(self, transaction, *args, **kwargs))

    return operation


def reads(method: Callable[Concatenate[R, Transaction, P], T]) -> Callable[Concatenate[R, P], T]:
    """Make a method of (self, transaction, …) an operation of (self, …) that only reads."""

    @functools.wraps(method)
    def operation(self: R, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._database.read(lambda transaction: method(self, transaction, *args, **kwargs))

    return operation
