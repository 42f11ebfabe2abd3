"""A thin work queue on Redis Streams: at-least-once, in order, with leases on what is being worked on.

Redis carries seconds of work and may be wiped at any moment; the database behind the caller is the truth.
Whoever reads must therefore survive duplicates (a gate in the database) and losses (a sweep republishes).

An entry is *waiting* until `read`, *pending* with one consumer until `ack`, then gone. A pending entry must be
renewed; one that was not is given to whoever calls `reclaim`. More than `max_deliveries` deliveries send an
entry to the dead stream. A work stream is never trimmed, since trimming would drop unread work.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, TypeVar

from redis.exceptions import ResponseError

from . import keys
from .redis_client import MAX_BLOCK_MS, Redis
from .stream_scripts import DROP_IDLE_CONSUMERS, PENDING, PUBLISH, RECLAIM, RENEW

T = TypeVar("T")
_PUBLISHED_AT_ONCE: Final = 500
_LOST: Final = ("NOGROUP", "UNBLOCKED", "no such key")


class Wiped(Exception):
    """The stream or its group vanished: Redis was emptied. The group stands again; ask for a republish."""

    error_id = "stream-wiped"


@dataclass(frozen=True, slots=True)
class Entry:
    """One piece of work. `deliveries` counts this one; it is 1 for an entry that was never lost."""

    id: str
    fields: Mapping[bytes, bytes]
    deliveries: int = 1


@dataclass(frozen=True, slots=True)
class Taken:
    """`entries` are now this consumer's. `dead` were delivered more than `max_deliveries` times and are now in
    the dead stream (kept to about 10,000, for people to look at): the caller records their failure."""

    entries: tuple[Entry, ...]
    dead: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much work there is: `waiting` for a consumer, `pending` with one."""

    waiting: int
    pending: int

    @property
    def total(self) -> int:
        return self.waiting + self.pending


class WorkStream:
    """One stream with its one consumer group. All methods raise redis-py's errors when Redis is away."""

    def __init__(self, redis: Redis, key: str, group: str, *, max_deliveries: int = 3) -> None:
        self.key = key
        self.group = group
        self._redis = redis
        self._max_deliveries = max_deliveries
        self._publish = redis.register_script(PUBLISH)
        self._renew = redis.register_script(RENEW)
        self._reclaim = redis.register_script(RECLAIM)
        self._pending = redis.register_script(PENDING)
        self._drop = redis.register_script(DROP_IDLE_CONSUMERS)

    async def ensure(self) -> bool:
        """Create stream and group if they are missing; True if this call did. Call it at start."""
        try:
            # From 0 and not from $: what was published before the group existed is work too.
            await self._redis.xgroup_create(self.key, self.group, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" in str(error):
                return False
            raise
        return True

    async def publish(self, entries: Sequence[Mapping[bytes, bytes]]) -> list[str]:
        """Append entries in order; return their ids. After an error any prefix may have arrived."""
        found: list[str] = []
        for start in range(0, len(entries), _PUBLISHED_AT_ONCE):
            arguments: list[bytes | int] = []
            for fields in entries[start : start + _PUBLISHED_AT_ONCE]:
                arguments += [2 * len(fields), *chain.from_iterable(fields.items())]
            answer: Any = await self._publish(keys=[self.key], args=arguments)
            found += map(_text, answer)
        return found

    async def everything(self, count: int) -> list[Entry]:
        """Return up to `count` entries that wait or are pending, oldest first; takes nothing."""
        rows: Any = await self._redis.xrange(self.key, count=count)
        return [Entry(_text(id_), fields) for id_, fields in rows]

    async def read(self, consumer: str, count: int, block_ms: int = 1000) -> list[Entry]:
        """Take up to `count` waiting entries, oldest first; wait at most `block_ms` (≤ 4000) for the first.

        Give the free slots as `count`: the lease runs from here on. Raises `Wiped`.
        """
        if count < 1:
            return []
        wait_ms = min(block_ms, MAX_BLOCK_MS)
        return await self._guarded(lambda: self._read(consumer, count, wait_ms))

    async def pending(self, consumer: str, count: int = 100) -> Taken:
        """Take again, oldest first, what this very consumer held before it restarted. Raises `Wiped`.

        Each call hands out the same entries, and counts as a delivery, until they are acknowledged.
        """
        answer = await self._guarded(
            lambda: self._pending(
                keys=[self.key, keys.dead(self.key)], args=[self.group, consumer, self._max_deliveries, count, "0"]
            )
        )
        return _taken(answer)

    async def ack(self, ids: Iterable[str]) -> int:
        """Finish entries: they are gone. Atomic; return how many were still pending with anybody."""
        wanted = list(ids)
        if not wanted:
            return 0
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.xack(self.key, self.group, *wanted)
            pipe.xdel(self.key, *wanted)
            return int((await pipe.execute())[0])

    async def renew(self, consumer: str, ids: Iterable[str]) -> set[str]:
        """Restart the lease on entries; return those that are still this consumer's.

        Stop working on the others: they were given to somebody else, or finished, while this process was
        frozen or cut off. Does not count as a delivery, never takes an entry back. Raises `Wiped`.
        """
        wanted = list(ids)
        if not wanted:
            return set()
        held: Any = await self._guarded(lambda: self._renew(keys=[self.key], args=[self.group, consumer, *wanted]))
        return {_text(id_) for id_ in held}

    async def reclaim(self, consumer: str, min_idle_ms: int, count: int) -> Taken:
        """Take up to `count` entries, oldest first, whose consumer has not renewed for `min_idle_ms`.

        Raises `Wiped`.
        """
        if count < 1:
            return Taken((), ())
        answer = await self._guarded(
            lambda: self._reclaim(
                keys=[self.key, keys.dead(self.key)],
                args=[self.group, consumer, self._max_deliveries, min_idle_ms, count],
            )
        )
        return _taken(answer)

    async def backlog(self) -> Backlog:
        """What waits and what is pending; zeros for a stream that does not exist."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.xlen(self.key)
            pipe.xpending(self.key, self.group)
            length, summary = await pipe.execute(raise_on_error=False)
        if isinstance(length, Exception):
            raise length
        if isinstance(summary, Exception):
            if not _lost(summary):
                raise summary
            return Backlog(int(length), 0)
        pending = int(summary["pending"])
        return Backlog(max(0, int(length) - pending), pending)

    async def drop_idle_consumers(self, min_idle_ms: int) -> list[str]:
        """Forget consumers that were silent for so long, unless they have entries pending. Return their names."""
        dropped: Any = await self._guarded(lambda: self._drop(keys=[self.key], args=[self.group, min_idle_ms]))
        return [_text(name) for name in dropped]

    async def _read(self, consumer: str, count: int, block_ms: int) -> list[Entry]:
        answer: Any = await self._redis.xreadgroup(
            self.group, consumer, {self.key: ">"}, count=count, block=block_ms if block_ms > 0 else None
        )
        rows = answer[0][1] if answer else ()
        return [Entry(_text(id_), fields) for id_, fields in rows]

    async def _guarded(self, call: Callable[[], Awaitable[T]]) -> T:
        try:
            return await call()
        except ResponseError as error:
            if not _lost(error):
                raise
        await self.ensure()
        raise Wiped(f"{self.key} vanished from Redis; its group stands again: publish what is due")


def _lost(error: Exception) -> bool:
    return any(mark in str(error) for mark in _LOST)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _taken(answer: Any) -> Taken:
    living, dead = ([_entry(row) for row in rows] for rows in answer)
    return Taken(tuple(living), tuple(dead))


def _entry(row: Any) -> Entry:
    id_, deliveries, flat = row
    return Entry(_text(id_), dict(zip(flat[::2], flat[1::2], strict=True)), int(deliveries))
