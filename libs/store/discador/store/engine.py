"""Engines: connections that cannot hang, cannot hold locks for ever, and mean the same on both databases."""

from __future__ import annotations

import time
from typing import Any, Final

import sqlalchemy as sa
import sqlalchemy.event
from sqlalchemy.pool import NullPool

from discador.store.dialect import Dialect, MariaDb, Sqlite
from discador.store.errors import InvalidValue
from discador.store.mariadb import connect, prepare, watch_idle

CONNECT_TIMEOUT_S: Final = 3
#: Longer than `innodb_lock_wait_timeout`, so that a lock's wait ends with the server's own error.
ANSWER_TIMEOUT_S: Final = 4
#: A migration may rewrite a table of ten million rows.
MIGRATION_TIMEOUT_S: Final = 1800

#: Execution option of a connection whose transaction writes.
WRITES: Final = "discador_writes"

# `idle_transaction_timeout`: a process frozen inside a transaction would hold its locks, and with them the leader's
# row, until TCP gives it up. The time zone makes UNIX_TIMESTAMP(NOW()) exact across changes of summer time.
_SESSION: Final = (
    "SET SESSION innodb_lock_wait_timeout=3, idle_transaction_timeout=3, time_zone='+00:00', "
    "sql_mode='STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'"
)


def make_engine(url: str, pool_size: int, *, migrates: bool = False) -> tuple[sa.Engine, Dialect]:
    """Return an engine for `mysql+pymysql://…` (also `mysql://`, `mariadb://`) or `sqlite:///path`.

    Raises:
        InvalidValue: database-url-invalid. The message never repeats the URL, which holds a password.
    """
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise InvalidValue(
            "database-url", "not a database URL; write mysql+pymysql://user:password@host/name or sqlite:///path"
        ) from None
    backend = parsed.get_backend_name()
    if backend in {"mysql", "mariadb"}:
        return _mariadb(parsed.set(drivername="mysql+pymysql"), pool_size, migrates), MariaDb()
    if backend == "sqlite":
        if parsed.database in {None, "", ":memory:"}:
            raise InvalidValue(
                "database-url", "SQLite needs a file, since every thread has its own connection: sqlite:///path"
            )
        return _sqlite(parsed, pool_size, migrates), Sqlite()
    raise InvalidValue(
        "database-url", f"{backend} is not supported; use MariaDB (mysql+pymysql://…) or SQLite (sqlite:///…)"
    )


def _pool(pool_size: int, migrates: bool) -> dict[str, Any]:
    if migrates:
        return {"poolclass": NullPool}
    # No reset on return: `transaction` ends what it begins, whatever happens. The connection used last is used next, so
    # that it is seldom one that has idled.
    return {
        "pool_size": pool_size,
        "max_overflow": 0,
        "pool_timeout": ANSWER_TIMEOUT_S,
        "pool_reset_on_return": None,
        "pool_use_lifo": True,
    }


def _mariadb(url: sa.URL, pool_size: int, migrates: bool) -> sa.Engine:
    timeout_s = MIGRATION_TIMEOUT_S if migrates else ANSWER_TIMEOUT_S
    engine = sa.create_engine(
        url,
        hide_parameters=True,  # statements carry phone numbers; errors end up in logs
        connect_args={
            "charset": "utf8mb4",
            "connect_timeout": CONNECT_TIMEOUT_S,
            "read_timeout": timeout_s,
            "write_timeout": timeout_s,
            "init_command": "SET SESSION time_zone='+00:00'" if migrates else _SESSION,
        },
        **_pool(pool_size, migrates),
    )
    sa.event.listen(engine, "connect", prepare)
    if not migrates:
        sa.event.listen(engine, "do_connect", connect)
        sa.event.listen(engine, "begin", _begin_mariadb)
        watch_idle(engine)
    return engine


def _sqlite(url: sa.URL, pool_size: int, migrates: bool) -> sa.Engine:
    # The wait for the lock of another writer; who migrates waits for another one's migration.
    timeout_s = MIGRATION_TIMEOUT_S if migrates else ANSWER_TIMEOUT_S
    engine = sa.create_engine(
        url,
        hide_parameters=True,
        connect_args={"timeout": timeout_s, "check_same_thread": False},
        **_pool(pool_size, migrates),
    )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver must not begin transactions by itself: `_begin_sqlite` chooses how.
    connection.isolation_level = None
    connection.create_function("discador_now", 0, lambda: time.time_ns() // 1000)
    connection.execute("PRAGMA journal_mode = WAL")
    # FULL, though WAL is consistent with NORMAL: that may forget the last commits when the machine loses power, and an
    # intent forgotten after its Originate was sent would be dialled a second time.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_mariadb(connection: sa.Connection) -> None:
    # Reads need no transaction: at READ COMMITTED each statement sees the newest commit in any case.
    if connection.get_execution_options().get(WRITES, False):
        connection.exec_driver_sql("BEGIN")


def _begin_sqlite(connection: sa.Connection) -> None:
    # A transaction that reads first and writes later could not become a writer if somebody wrote in between.
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
