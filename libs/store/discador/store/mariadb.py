"""Connections to MariaDB that send nothing but what is needed: each round trip costs client and server a thread's turn.

They are in autocommit: a read is its own transaction, and a writing transaction is begun in words (`engine`). A
connection is asked whether it lives only after it has idled; one that died within that second costs its user a
`DatabaseUnavailable`, as a death in the middle of the work does.
"""

from __future__ import annotations

import time
from typing import Any, Final

import pymysql  # type: ignore[import-untyped]
import sqlalchemy as sa
import sqlalchemy.event
from pymysql.connections import Connection  # type: ignore[import-untyped]
from pymysql.constants import SERVER_STATUS  # type: ignore[import-untyped]

IDLE_S: Final = 1.0
_RETURNED_AT: Final = "returned_at"


class QuietConnection(Connection):  # type: ignore[misc]  # PyMySQL has no types
    """Sends COMMIT and ROLLBACK only where a transaction is open: the server says so in its answers."""

    def commit(self) -> None:
        if self._in_transaction:
            super().commit()

    def rollback(self) -> None:
        if self._in_transaction:
            super().rollback()

    @property
    def _in_transaction(self) -> bool:
        # An error does not tell; then what was true before it counts, and a ROLLBACK too many does no harm.
        return bool(self.server_status & SERVER_STATUS.SERVER_STATUS_IN_TRANS)


def connect(_dialect: sa.Dialect, _record: Any, arguments: Any, options: Any) -> QuietConnection:
    """Connect, for SQLAlchemy's event `do_connect`."""
    return QuietConnection(*arguments, **options, autocommit=True)


def prepare(connection: Any, _record: Any) -> None:
    """Set the isolation, for SQLAlchemy's event `connect`."""
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")


def watch_idle(engine: sa.Engine) -> None:
    """Have connections that have idled asked whether they live before they are used; if not, the pool is renewed."""
    sa.event.listen(engine, "connect", _note_return)
    sa.event.listen(engine, "checkin", _note_return)
    sa.event.listen(engine, "checkout", _ask)


def _note_return(_connection: Any, record: Any) -> None:
    record.info[_RETURNED_AT] = time.monotonic()


def _ask(connection: Any, record: Any, _fairy: Any) -> None:
    if time.monotonic() - record.info[_RETURNED_AT] > IDLE_S:
        try:
            connection.ping(reconnect=False)
        except (pymysql.Error, OSError):
            raise sa.exc.InvalidatePoolError from None
