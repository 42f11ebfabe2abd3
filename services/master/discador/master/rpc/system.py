# ruff: noqa: N802 - methods bear the names that the contract gives them
"""SystemService: the truth about the whole, and the switch for all campaigns."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from redis.exceptions import RedisError

from discador.master.convert.stamps import stamp
from discador.master.database import Database
from discador.master.event_streams import EventStreams
from discador.master.fleet import Fleet
from discador.master.jobs import Jobs
from discador.master.ordered_restart import restart_in_order
from discador.master.wake import Wake
from discador.runtime.caller import current_caller
from discador.runtime.errors import ServiceError, Unavailable
from discador.runtime.log import get_logger
from discador.runtime.presence import Presence
from discador.runtime.redis_client import Redis
from discador.v1 import system_pb2 as wire
from discador.v1 import system_pb2_grpc

_log = get_logger("system")


class SystemServicer(system_pb2_grpc.SystemServiceServicer):
    """Answers also while the database or Redis is away: saying so is its purpose."""

    def __init__(
        self,
        database: Database,
        fleet: Fleet,
        jobs: Jobs,
        event_streams: EventStreams,
        redis: Redis,
        wake: Wake,
        version: str,
    ) -> None:
        self._database = database
        self._store = database.store
        self._fleet = fleet
        self._jobs = jobs
        self._event_streams = event_streams
        self._redis = redis
        self._wake = wake
        self._version = version
        self._restart: asyncio.Future[None] | None = None

    async def GetSystem(self, request: wire.GetSystemRequest, context: Any) -> wire.System:
        sight = await self._fleet.look()
        try:
            message = await self._database.run(self._recorded)
            message.database = "ok"
        except ServiceError as error:
            message = wire.System(database=f"{error.error_id}: {error.message}")
        message.redis = sight.error or "ok"
        message.services.extend(_instance(presence) for presence in sight.services)
        message.version = self._version
        if not message.HasField("taken_at"):
            message.taken_at.FromDatetime(datetime.now(UTC))
        return message

    async def StartSystem(self, request: wire.StartSystemRequest, context: Any) -> wire.System:
        return await self._switch(request, on=True)

    async def StopSystem(self, request: wire.StopSystemRequest, context: Any) -> wire.System:
        return await self._switch(request, on=False)

    async def RestartSystem(self, request: wire.RestartSystemRequest, context: Any) -> wire.System:
        def work() -> wire.System:
            self._store.system.raise_restart_generation(current_caller().title)
            return self._recorded()

        message = await self._database.once(request, wire.System, work)
        sight = await self._fleet.look()
        try:
            if sight.error:
                raise OSError(sight.error)
            # Goes on when the caller has gone: half a restart would leave versions mixed.
            self._restart = asyncio.ensure_future(restart_in_order(self._redis, self._fleet))
            await asyncio.shield(self._restart)
        except (RedisError, OSError) as error:
            _log.warning("system.restart_not_sent", error_type=type(error).__name__)
            raise Unavailable("Redis does not answer; try again shortly", error_id="redis-unavailable") from None
        message.services.extend(_instance(presence) for presence in sight.services)
        message.version = self._version
        return message

    async def GetQueue(self, request: wire.GetQueueRequest, context: Any) -> wire.Queue:
        queued, oldest_s, nodes = await self._database.run(self._queued)
        try:
            backlog = await self._jobs.backlog()
            dead = await self._jobs.dead()
            events = [await self._event_streams.of(node) for node in nodes]
        except (RedisError, OSError):
            raise Unavailable("Redis does not answer; try again shortly", error_id="redis-unavailable") from None
        return wire.Queue(
            jobs_waiting=backlog.waiting,
            jobs_pending=backlog.pending,
            attempts_queued=queued,
            oldest_queued_s=oldest_s,
            dead=dead,
            events=events,
        )

    async def _switch(self, request: Any, *, on: bool) -> wire.System:
        def work() -> wire.System:
            self._store.system.set_dialling(on, current_caller().title)
            return self._recorded()

        message = await self._database.once(request, wire.System, work)
        await self._wake.send()
        sight = await self._fleet.look()
        message.database = "ok"
        message.redis = sight.error or "ok"
        message.services.extend(_instance(presence) for presence in sight.services)
        message.version = self._version
        return message

    def _recorded(self) -> wire.System:
        """What the database tells of the system; blocking."""
        system = self._store.system.get()
        leader = self._store.leadership.current()
        live: Counter[str] = Counter()
        for count in self._store.attempts.live_counts():
            live[count.state.value] += count.count
        if system.dialling:
            state = wire.SYSTEM_STATE_RUNNING
        else:
            state = wire.SYSTEM_STATE_DRAINING if live.total() else wire.SYSTEM_STATE_STOPPED
        return wire.System(
            state=state,
            commanded_by=system.commanded_by,
            commanded_at=stamp(system.commanded_at),
            leader=leader.holder,
            leader_epoch=leader.epoch,
            live=live,
            taken_at=stamp(self._store.ping()),
        )

    def _queued(self) -> tuple[int, float, list[str]]:
        queued = sum(count.count for count in self._store.attempts.live_counts() if count.state.value == "queued")
        oldest_s = self._store.attempts.oldest_queued_age_s()
        return queued, oldest_s or 0.0, [node.name for node in self._store.nodes.list()]


def _instance(presence: Presence) -> wire.ServiceInstance:
    instance = presence.instance
    return wire.ServiceInstance(
        service=instance.service,
        id=instance.instance,
        host=instance.host,
        pid=instance.pid,
        version=instance.version,
        state=presence.state,
        address=instance.address,
        started_at=stamp(instance.started_at),
        reported_at=stamp(presence.beat_at),
        figures={
            str(name): value if isinstance(value, str) else json.dumps(value) for name, value in presence.stats.items()
        },
    )
