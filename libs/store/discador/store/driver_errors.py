"""What an error of the driver means: try the transaction again, or report that the database is away."""

from __future__ import annotations

import sqlite3

import sqlalchemy as sa
import sqlalchemy.exc

from discador.store.errors import DatabaseUnavailable

#: Lock wait timeout, deadlock, record changed since last read (MariaDB). The transaction is undone: repeat it.
_TRANSIENT_MARIADB = frozenset({1205, 1213, 1020})
_NO_SUCH_TABLE = 1146  # MariaDB
_TRANSIENT_SQLITE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def is_transient(error: Exception) -> bool:
    """Whether the same transaction may succeed when it is repeated at once."""
    original = getattr(error, "orig", error)
    if isinstance(original, sqlite3.OperationalError):
        # The low byte is the primary code; SQLITE_BUSY_RECOVERY and its like extend it.
        return getattr(original, "sqlite_errorcode", 0) & 0xFF in _TRANSIENT_SQLITE
    return _number(original) in _TRANSIENT_MARIADB


def unavailable(error: Exception) -> DatabaseUnavailable | None:
    """Return what to raise instead of `error`, or None if it is a fault of the statement: then it is a bug."""
    if isinstance(error, sa.exc.TimeoutError):
        return DatabaseUnavailable("no connection became free in time: the database is slow or the pool too small")
    if _number(getattr(error, "orig", None)) == _NO_SUCH_TABLE or "no such table" in str(getattr(error, "orig", "")):
        return DatabaseUnavailable("the database has no tables yet: the master makes them when it starts")
    if not isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError | sa.exc.InternalError):
        return None
    original = error.orig
    number = _number(original)
    name = type(original).__name__
    told = f"{name} {number}" if number is not None else f"{name} {getattr(original, 'sqlite_errorname', '')}".strip()
    return DatabaseUnavailable(
        f"the database gave no answer in time ({told}): check that it runs and can be reached; each call tries again"
    )


def _number(error: object) -> int | None:
    arguments = getattr(error, "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], int) else None
