"""A Redis client that fails fast and never repeats a command by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

if TYPE_CHECKING:
    Redis: TypeAlias = "redis.asyncio.Redis"
else:
    Redis = redis.asyncio.Redis

COMMAND_TIMEOUT_S: Final = 5.0
MAX_BLOCK_MS: Final = 4_000  # a blocking read must end before the command's timeout


def connect(url: str, *, name: str | None = None) -> Redis:
    """Return a client of `redis://:password@host:port/0`; lazy, the first command connects.

    Values are bytes. A command is given up after 5 s, a connection attempt after 2 s. Nothing is retried:
    XADD and INCR are not idempotent, and only the caller knows what a lost answer means. A connection that
    the server closed while idle is replaced before use, so a restart of Redis costs at most one error.
    """
    return redis.asyncio.Redis.from_url(
        url,
        client_name=name,
        decode_responses=False,
        protocol=2,  # the shapes of answers this package reads
        socket_timeout=COMMAND_TIMEOUT_S,
        socket_connect_timeout=2.0,
        socket_keepalive=True,
        health_check_interval=15,
        retry=Retry(NoBackoff(), 0),
        retry_on_error=[],
    )
