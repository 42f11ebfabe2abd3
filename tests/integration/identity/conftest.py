"""One Redis for all tests of this folder, emptied before each; a master and a web service for each test."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from discador.master import passwords
from discador.store import open_store
from discador.web import static_files
from tests.integration.identity.identity_kit import Site
from tests.integration.master.master_kit import World
from tests.rig.redis import Redis


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    with Redis() as server:
        yield server


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "discador.db"
    store = open_store(f"sqlite:///{path}")
    store.migrate()
    store.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture
def no_assets_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names for style sheets and scripts that nobody loads here, so that pages are rendered before `make assets`."""

    class Named(dict[str, str]):
        def __missing__(self, name: str) -> str:
            return name

    monkeypatch.setattr(static_files, "_manifest", Named)


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same algorithm with little work: these tests log in dozens of times; the master's own use the real one."""
    monkeypatch.setattr(passwords, "PasswordHasher", partial(PasswordHasher, time_cost=1, memory_cost=64))


@pytest.fixture
async def world(redis_server: Redis, empty_database: Path, tmp_path: Path) -> AsyncIterator[World]:
    redis_server.wipe()
    shutil.copy(empty_database, tmp_path / "discador.db")
    world = World(tmp_path, redis_server.url)
    await world.master()
    yield world
    await world.close()


@pytest.fixture
async def site(world: World, no_assets_needed: None) -> AsyncIterator[Site]:
    async with Site(world) as site:
        yield site
