"""Call events into the node's stream in Redis: in order, coalesced, kept while Redis is away."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from itertools import islice
from typing import Final

from redis.exceptions import RedisError

from discador.runtime.log import get_logger
from discador.v1 import gateway_pb2 as wire

COALESCE_S: Final = 0.010
BATCH: Final = 200
KEEP: Final = 200_000  # beyond this, new events are dropped: the oldest ones are those that free leads first
REFUSE_CALLS_AT: Final = 50_000  # no new calls from here on: those up may still need room
_RETRY_S: Final = 0.5
FIELD: Final = b"batch"

Append = Callable[[bytes], Awaitable[object]]


class Publisher:
    """Numbers events and appends them, in batches, by `append` (XADD). One consumer: `run`.

    `seq` rises within a node, over restarts too: microseconds since 1970, made unique. A batch whose XADD got
    lost on the way is sent again with the same numbers, so the reader sees a duplicate and knows it.
    """

    def __init__(self, node: str, gateway_id: str, append: Append, now_us: Callable[[], int] | None = None) -> None:
        self.enabled = True
        self.dropped = 0
        self._node = node
        self._gateway_id = gateway_id
        self._append = append
        self._now_us = now_us or (lambda: time.time_ns() // 1000)
        self._seq = 0
        self._buffer: deque[wire.CallEvent] = deque()
        self._filled = asyncio.Event()
        self._stopping = False
        self._redis_away = False
        self._log = get_logger("publisher")

    @property
    def buffered(self) -> int:
        """Events that are not in Redis yet."""
        return len(self._buffer)

    @property
    def full(self) -> bool:
        """True when no new call should be placed: its events might find no room."""
        return len(self._buffer) >= REFUSE_CALLS_AT

    def emit(self, event: wire.CallEvent) -> None:
        """Take an event; it gets its number now. A gateway on standby emits nothing."""
        if not self.enabled:
            return
        if len(self._buffer) >= KEEP:
            if not self.dropped:
                self._log.error("publisher.full", buffered=len(self._buffer))
            self.dropped += 1
            return
        self._seq = max(self._seq + 1, self._now_us())
        event.seq = self._seq
        self._buffer.append(event)
        self._filled.set()

    async def run(self) -> None:
        """Publish until `finish` and the buffer is empty."""
        while not (self._stopping and not self._buffer):
            await self._filled.wait()
            if len(self._buffer) < BATCH and not self._stopping:
                await asyncio.sleep(COALESCE_S)
            await self._publish()
            if not self._buffer and not self._stopping:
                self._filled.clear()

    def finish(self) -> None:
        """Let `run` end as soon as everything is in Redis."""
        self._stopping = True
        self._filled.set()

    async def _publish(self) -> None:
        while self._buffer:
            events = list(islice(self._buffer, BATCH))
            batch = wire.CallEventBatch(node=self._node, gateway_id=self._gateway_id, events=events)
            try:
                await self._append(batch.SerializeToString())
            except (RedisError, OSError) as error:
                if not self._redis_away:
                    self._redis_away = True
                    self._log.warning("publisher.redis_away", error_type=type(error).__name__)
                await asyncio.sleep(_RETRY_S)
                continue
            if self._redis_away:
                self._redis_away = False
                self._log.info("publisher.redis_back", buffered=len(self._buffer))
            for _ in events:
                self._buffer.popleft()
