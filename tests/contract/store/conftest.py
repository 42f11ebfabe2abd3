"""Each test of this folder runs on SQLite and on a real MariaDB."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from discador.store import Store, open_store, tables
from tests.contract.store.world import World
from tests.rig.mariadb import MariaDB


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDB]:
    with MariaDB() as server:
        store = open_store(server.url)
        store.migrate()
        store.close()
        yield server


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    store = open_store(f"sqlite:///{path}")
    store.migrate()
    store.close()
    return path


@pytest.fixture(params=["sqlite", "mariadb"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a migrated, empty database."""
    if request.param == "mariadb":
        address: str = request.getfixturevalue("mariadb").url
        empty(address)
        return address
    path = tmp_path / "store.db"
    shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
    return f"sqlite:///{path}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = open_store(url)
    yield opened
    opened.close()


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


def empty(url: str) -> None:
    """Delete what earlier tests wrote; the rows that the migration made stay, as new."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for table in reversed(tables.metadata.sorted_tables):
            if table not in (tables.system, tables.leader):
                connection.execute(sa.delete(table))
        connection.execute(sa.update(tables.system).values(dialling=True, commanded_by="", restart_generation=0))
        connection.execute(sa.update(tables.leader).values(epoch=0, holder=""))
    engine.dispose()
