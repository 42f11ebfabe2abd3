"""`discador:wake`: something changed, look now. Says `ended` when channels came free, nothing after a command.

A lost wake costs half a second, no more.
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
ENDED: Final = b"ended"
_DEBOUNCE_S: Final = 0.05  # a burst of ended calls is one reason to look, not hundreds
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
    """Calls `on_command` or `on_ended` at each wake, each at most once in 50 ms; for `Supervisor.spawn`."""

    def __init__(self, redis: Redis, on_command: Callable[[], object], on_ended: Callable[[], object]) -> None:
        self._redis = redis
        self._on_command = on_command
        self._on_ended = on_ended

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
                message = await subscription.get_message(ignore_subscribe_messages=True, timeout=2.0)
                if message is None:
                    continue
                await asyncio.sleep(_DEBOUNCE_S)
                reasons = set()
                while message is not None:
                    reasons.add(message["data"])
                    message = await subscription.get_message(ignore_subscribe_messages=True, timeout=0.0)
                if reasons - {ENDED}:
                    self._on_command()
                elif ENDED in reasons:
                    self._on_ended()
