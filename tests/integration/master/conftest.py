"""One Redis for all tests of the master, emptied before each."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from discador.store import open_store
from tests.integration.master.master_kit import Api, World
from tests.rig.redis import Redis


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    with Redis() as server:
        yield server


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with all tables and no rows."""
    path = tmp_path_factory.mktemp("template") / "discador.db"
    store = open_store(f"sqlite:///{path}")
    store.migrate()
    store.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture
async def world(redis_server: Redis, empty_database: Path, tmp_path: Path) -> AsyncIterator[World]:
    redis_server.wipe()
    shutil.copy(empty_database, tmp_path / "discador.db")
    world = World(tmp_path, redis_server.url)
    yield world
    await world.close()


@pytest.fixture
async def api(world: World) -> Api:
    return await world.master()
