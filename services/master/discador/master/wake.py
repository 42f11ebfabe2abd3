"""`discador:wake`: something was commanded, look now. A lost wake costs half a second, no more.

Ended calls wake nobody: the dialler looks ten times a second anyway, and telling it costs more than it gains.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from redis.exceptions import RedisError

from discador.runtime import keys
from discador.runtime.log import get_logger
from discador.runtime.redis_client import Redis

CHANNEL: Final = keys.key("wake")
_DEBOUNCE_S: Final = 0.05  # a burst of commands is one reason to look
_log: Final = get_logger("wake")


class Wake:
    """Tells every master to look now."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def send(self) -> None:
        """Publish; without Redis nothing happens, and the masters look by themselves soon."""
        try:
            await self._redis.publish(CHANNEL, b"")
        except (RedisError, OSError) as error:
            _log.debug("wake.not_sent", error_type=type(error).__name__)


class WakeListener:
    """Calls `on_wake` at each wake, at most once in 50 ms; for `Supervisor.spawn`."""

    def __init__(self, redis: Redis, on_wake: Callable[[], object]) -> None:
        self._redis = redis
        self._on_wake = on_wake

    async def listen(self) -> None:
        """Listen until cancelled; a Redis that is away is tried again each second."""
        while True:
            try:
                await self._listen()
            except (RedisError, OSError) as error:
                _log.warning("wake.redis_unavailable", error_type=type(error).__name__)
                await asyncio.sleep(1.0)

    async def _listen(self) -> None:
        async with self._redis.pubsub() as subscription:
            await subscription.subscribe(CHANNEL)
            while True:
                if await subscription.get_message(ignore_subscribe_messages=True, timeout=2.0) is None:
                    continue
                await asyncio.sleep(_DEBOUNCE_S)
                while await subscription.get_message(ignore_subscribe_messages=True, timeout=0.0) is not None:
                    continue
                self._on_wake()
