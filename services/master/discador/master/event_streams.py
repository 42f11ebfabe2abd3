"""The nodes' event streams, as the queue screen shows them."""

from __future__ import annotations

from typing import Final

from discador.runtime import keys
from discador.runtime.redis_client import Redis
from discador.runtime.streams import WorkStream
from discador.v1 import system_pb2 as wire

GROUP: Final = "outcomes"


class EventStreams:
    """Reads lengths and holders; takes nothing."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def of(self, node: str) -> wire.EventStream:
        """Return the depth of a node's stream and the worker that follows it."""
        backlog = await WorkStream(self._redis, keys.key("events", node), GROUP).backlog()
        holder = await self._redis.get(keys.lease(f"events:{node}"))
        return wire.EventStream(
            node=node,
            waiting=backlog.waiting,
            pending=backlog.pending,
            holder=holder.decode() if isinstance(holder, bytes) else "",
        )
