"""The client's promises: no retry, no endless wait, no stale connection."""

from __future__ import annotations

import socket
import time

import pytest
import redis.exceptions

from discador.runtime.embedded_redis import EmbeddedRedis
from discador.runtime.redis_client import Redis, connect


async def test_connections_that_the_server_closed_while_idle_cost_no_error(
    redis: Redis, redis_server: EmbeddedRedis
) -> None:
    other = connect(redis_server.url, name="idle")
    assert await other.ping()
    [idle] = [client for client in await redis.client_list() if client["name"] == "idle"]
    await redis.client_kill_filter(_id=idle["id"])
    assert await other.ping()
    await other.aclose()


async def test_a_server_that_is_away_is_an_error_at_once() -> None:
    client = connect("redis://127.0.0.1:1/0")
    began = time.monotonic()
    with pytest.raises(redis.exceptions.ConnectionError):
        await client.ping()
    assert time.monotonic() - began < 1.5
    await client.aclose()


async def test_a_command_whose_answer_is_lost_is_not_sent_again(redis_server: EmbeddedRedis) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(0.1)
        client = connect(f"redis://127.0.0.1:{listener.getsockname()[1]}/0")
        client.connection_pool.connection_kwargs["socket_timeout"] = 0.2
        with pytest.raises(redis.exceptions.RedisError):
            await client.incr("discador:test")
        accepted = 0
        try:
            while True:
                listener.accept()[0].close()
                accepted += 1
        except TimeoutError:
            pass
        await client.aclose()
    assert accepted == 1
