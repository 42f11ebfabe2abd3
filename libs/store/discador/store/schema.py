"""The tables' revision: Alembic, run from inside the package."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final

import sqlalchemy as sa
import sqlalchemy.exc
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from discador.store.driver_errors import is_transient, unavailable
from discador.store.engine import WRITES, make_engine
from discador.store.errors import DatabaseUnavailable

_SCRIPTS: Final = Path(__file__).parent / "migrations"

#: Seconds to wait for another process that migrates.
_WAIT_S: Final = 600


def migrate(url: str) -> None:
    """Bring the database to the newest revision. One at a time; the others wait, then find nothing to do.

    Raises DatabaseUnavailable, also when another migration does not end in time.
    """
    engine, _ = make_engine(url, 1, migrates=True)
    try:
        with engine.connect() as connection:
            connection.execution_options(**{WRITES: True})
            if connection.dialect.name == "sqlite":
                # BEGIN IMMEDIATE is the lock, and SQLite undoes changes of tables too.
                with connection.begin():
                    _upgrade(connection)
            else:
                _upgrade_locked(connection)
    except sa.exc.SQLAlchemyError as error:
        if (known := unavailable(error)) is None:
            raise
        if is_transient(error):
            raise DatabaseUnavailable("another process holds the database: the migration was not begun") from error
        raise known from error
    finally:
        engine.dispose()


def is_current(connection: sa.Connection) -> bool:
    """Whether the database is at the newest revision."""
    return MigrationContext.configure(connection).get_current_revision() == newest()


@lru_cache(maxsize=1)
def newest() -> str | None:
    """Return the newest revision of this package."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _upgrade_locked(connection: sa.Connection) -> None:
    # Named after the database: the lock belongs to the whole server.
    taken = connection.execute(
        sa.text("SELECT GET_LOCK(CONCAT('discador_migrate:', DATABASE()), :wait)"), {"wait": _WAIT_S}
    )
    if taken.scalar_one() != 1:
        raise DatabaseUnavailable("another process has been migrating the database for ten minutes: look at its log")
    try:
        _upgrade(connection)
        connection.commit()
    finally:
        if not connection.invalidated:
            connection.execute(sa.text("SELECT RELEASE_LOCK(CONCAT('discador_migrate:', DATABASE()))"))
            connection.commit()


def _upgrade(connection: sa.Connection) -> None:
    if is_current(connection):
        return
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    return config
