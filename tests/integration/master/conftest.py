"""One Redis for all tests of the master, emptied before each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.integration.master.master_kit import Api, World
from tests.rig.redis import Redis


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    with Redis() as server:
        yield server


@pytest.fixture
async def world(redis_server: Redis, tmp_path: Path) -> AsyncIterator[World]:
    redis_server.wipe()
    world = World(tmp_path, redis_server.url)
    yield world
    await world.close()


@pytest.fixture
async def api(world: World) -> Api:
    return await world.master()
