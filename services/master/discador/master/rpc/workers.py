# ruff: noqa: N802 - methods bear the names that the contract gives them
"""WorkerService."""

from __future__ import annotations

from typing import Any

from redis.exceptions import RedisError

from discador.master import pages
from discador.master.convert.stamps import stamp
from discador.master.database import Database
from discador.master.fleet import Fleet, Sight
from discador.runtime.commands import send_restart
from discador.runtime.errors import NotFound, Unavailable
from discador.runtime.presence import Presence
from discador.runtime.redis_client import Redis
from discador.v1 import worker_pb2 as wire
from discador.v1 import worker_pb2_grpc


class WorkerServicer(worker_pb2_grpc.WorkerServiceServicer):
    """Shows and commands workers, as far as they report."""

    def __init__(self, database: Database, fleet: Fleet, redis: Redis) -> None:
        self._database = database
        self._fleet = fleet
        self._redis = redis

    async def ListWorkers(self, request: wire.ListWorkersRequest, context: Any) -> wire.ListWorkersResponse:
        size = pages.page_size(request.page_size)
        after = pages.decode(request.page_token, str, "workers") or ""
        workers = (await self._sight()).of("worker")
        found = sorted((one for one in workers if one.instance.instance > after), key=lambda one: one.instance.instance)
        return wire.ListWorkersResponse(
            workers=[_to_wire(one) for one in found[:size]],
            next_page_token=pages.next_token(found, size, lambda one: one.instance.instance, "workers"),
        )

    async def GetWorker(self, request: wire.GetWorkerRequest, context: Any) -> wire.Worker:
        return _to_wire(await self._one(request.id))

    async def RestartWorker(self, request: wire.RestartWorkerRequest, context: Any) -> wire.Worker:
        worker = await self._one(request.id)
        await self._database.record("RestartWorker", f"worker {worker.instance.instance}")
        try:
            # Sending it twice is harmless: it is one key, taken once.
            await send_restart(self._redis, [worker.instance.instance])
        except (RedisError, OSError):
            raise Unavailable("Redis does not answer; try again shortly", error_id="redis-unavailable") from None
        return _to_wire(worker)

    async def _one(self, worker_id: str) -> Presence:
        for presence in (await self._sight()).of("worker"):
            if presence.instance.instance == worker_id:
                return presence
        raise NotFound("no worker of this id reports", error_id="worker-not-found")

    async def _sight(self) -> Sight:
        sight = await self._fleet.look()
        if sight.error:
            raise Unavailable(sight.error, error_id="redis-unavailable")
        return sight


def _to_wire(presence: Presence) -> wire.Worker:
    instance, stats = presence.instance, presence.stats
    nodes = stats.get("nodes", ())
    return wire.Worker(
        id=instance.instance,
        host=instance.host,
        pid=instance.pid,
        version=instance.version,
        state=presence.state,
        in_flight=_count(stats.get("in_flight")),
        gated=_count(stats.get("gated")),
        nodes=[str(node) for node in nodes] if isinstance(nodes, (list, tuple)) else [],
        started_at=stamp(instance.started_at),
        reported_at=stamp(presence.beat_at),
    )


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0
