"""Who is running: a heartbeat per process in Redis, for the screen and for diagnosis.

Nothing depends on it: leases decide who may act, and a wiped presence is back within one interval.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from . import keys
from .redis_client import Redis

_TTL_MS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Instance:
    """One process of one service. `instance` is unique (`identity.instance_id`); `address` is its gRPC
    `host:port`, empty if it serves none."""

    service: str
    instance: str
    version: str = ""
    address: str = ""
    host: str = field(default_factory=socket.gethostname)
    pid: int = field(default_factory=os.getpid)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class Presence:
    """The last heartbeat of an instance, `age_s` seconds old by the reader's clock when it was read."""

    instance: Instance
    state: str
    stats: Mapping[str, Any]
    beat_at: datetime
    age_s: float


class Heartbeat:
    """A loop that says every 2 s that the process lives; after 10 s without it, it is not listed any more.

    `state` and `stats` are asked at each beat; `stats` must be JSON-like.
    """

    name = "presence"
    interval = 2.0

    def __init__(
        self,
        redis: Redis,
        instance: Instance,
        *,
        state: Callable[[], str],
        stats: Callable[[], Mapping[str, Any]] = dict,
    ) -> None:
        self._redis = redis
        self._instance = instance
        self._state = state
        self._stats = stats
        self._key = keys.presence(instance.service, instance.instance)

    async def run_once(self) -> None:
        """Beat once."""
        # One text, not a hash: everybody reads everybody's each second, and an answer in sixty pieces costs as many.
        beat = {
            "service": self._instance.service,
            "instance": self._instance.instance,
            "version": self._instance.version,
            "address": self._instance.address,
            "host": self._instance.host,
            "pid": self._instance.pid,
            "started_at": self._instance.started_at.isoformat(),
            "state": self._state(),
            "stats": self._stats(),
            "beat_at": datetime.now(UTC).isoformat(),
        }
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.set(self._key, json.dumps(beat, default=str), px=_TTL_MS)
            pipe.sadd(keys.presence_index(), self._key)
            await pipe.execute()

    async def leave(self) -> None:
        """Disappear at once; for `Supervisor.on_stop`."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(self._key)
            pipe.srem(keys.presence_index(), self._key)
            await pipe.execute()


async def list_services(redis: Redis) -> list[Presence]:
    """Return the living instances, by service and then by age, oldest first."""
    index: Any = await redis.smembers(keys.presence_index())
    names = sorted(index)
    beats: Any = await redis.mget(names) if names else []
    gone = [name for name, beat in zip(names, beats, strict=True) if not beat]
    if gone:
        # A beat between the reading and this only hides the instance until its next beat.
        await redis.srem(keys.presence_index(), *gone)
    found = [_presence(json.loads(beat)) for beat in beats if beat]
    return sorted(found, key=lambda one: (one.instance.service, one.instance.started_at, one.instance.instance))


def _presence(fields: Mapping[str, Any]) -> Presence:
    beat_at = datetime.fromisoformat(fields["beat_at"])
    return Presence(
        instance=Instance(
            service=fields["service"],
            instance=fields["instance"],
            version=fields["version"],
            address=fields["address"],
            host=fields["host"],
            pid=fields["pid"],
            started_at=datetime.fromisoformat(fields["started_at"]),
        ),
        state=fields["state"],
        stats=fields["stats"],
        beat_at=beat_at,
        age_s=max(0.0, (datetime.now(UTC) - beat_at).total_seconds()),
    )
