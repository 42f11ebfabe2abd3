from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.integration.worker.bench import Bench
from tests.rig.redis import Redis as RedisServer


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


@pytest.fixture
async def bench(tmp_path: Path, redis_server: RedisServer) -> AsyncIterator[Bench]:
    redis_server.wipe()
    opened = await Bench(tmp_path, redis_server).open(rate=100.0)
    yield opened
    await opened.close()
