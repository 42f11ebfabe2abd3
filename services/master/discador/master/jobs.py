"""`discador:jobs`: one entry an attempt, for whichever worker is free. Duplicates are harmless, losses are swept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from discador.runtime import keys
from discador.runtime.redis_client import Redis
from discador.runtime.streams import Backlog, WorkStream

STREAM: Final = keys.key("jobs")
GROUP: Final = "workers"


@dataclass(frozen=True, slots=True)
class Job:
    """An attempt to carry out, and over what."""

    attempt_id: UUID
    trunk_id: int
    node_id: int


class Jobs:
    """The stream as the master sees it."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._stream = WorkStream(redis, STREAM, GROUP)

    async def publish(self, jobs: Iterable[Job]) -> None:
        """Append the jobs. Call it after the commit of their attempts only."""
        await self._stream.publish(
            [
                {
                    b"attempt": str(job.attempt_id).encode(),
                    b"trunk": str(job.trunk_id).encode(),
                    b"node": str(job.node_id).encode(),
                }
                for job in jobs
            ]
        )

    async def published(self, limit: int) -> set[str]:
        """Attempts (canonical texts of their ids) whose job waits or is held, of the oldest `limit` jobs."""
        return {entry.fields.get(b"attempt", b"").decode() for entry in await self._stream.everything(limit)}

    async def backlog(self) -> Backlog:
        """What waits for a worker, and what one holds."""
        return await self._stream.backlog()

    async def dead(self) -> int:
        """Jobs given up after repeated deliveries."""
        return int(await self._redis.xlen(keys.dead(STREAM)))
