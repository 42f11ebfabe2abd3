"""A lease: at most one holder at a time believes that it holds a name, and it knows when to stop believing.

The lease lives in Redis, which can be wiped: two holders are then possible for as long as the first still
counts its time. Whatever must never happen twice is therefore fenced by the database as well (the epoch row);
`fence` is the number to compare elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

from redis.exceptions import RedisError

from . import keys
from .log import get_logger
from .redis_client import Redis

# KEYS: lease, fence. ARGV: holder, ttl ms, steal (0/1). The fence is at least Redis's clock in µs, so that it
# also rises across a wipe, after which a plain counter would begin again at 1.
_ACQUIRE: Final = """
local current = redis.call('GET', KEYS[1])
if current and current ~= ARGV[1] and ARGV[3] == '0' then return 0 end
local now = redis.call('TIME')
local last = tonumber(redis.call('GET', KEYS[2]) or '0')
local fence = math.max(last + 1, now[1] * 1000000 + now[2])
redis.call('SET', KEYS[2], string.format('%.0f', fence))
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return fence
"""
_RENEW: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""
_RELEASE: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
"""


class Lease:
    """One name, as seen by one holder. `holder` must be unique per process (`identity.instance_id`)."""

    def __init__(
        self,
        redis: Redis,
        name: str,
        holder: str,
        ttl_ms: int,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.holder = holder
        self.ttl_ms = ttl_ms
        self.fence: int | None = None
        self._redis = redis
        self._clock = clock
        self._valid_until = 0.0
        self._acquire = redis.register_script(_ACQUIRE)
        self._renew = redis.register_script(_RENEW)
        self._release = redis.register_script(_RELEASE)

    @property
    def held(self) -> bool:
        """True while this process may act as the holder. Asks no server: false as soon as the TTL has passed
        on the local clock since the last renewal was *sent*, also when the process was frozen meanwhile."""
        return self._clock() < self._valid_until

    @property
    def remaining_s(self) -> float:
        """How long `held` stays true without a renewal; 0 if it is not."""
        return max(0.0, self._valid_until - self._clock())

    async def acquire(self, *, steal: bool = False) -> bool:
        """Take the lease if it is free or ours; with `steal` in any case (the newest wins). Raises `fence`."""
        sent = self._clock()
        fence: Any = await self._acquire(
            keys=[keys.lease(self.name), keys.fence(self.name)],
            args=[self.holder, self.ttl_ms, int(steal)],
        )
        if not fence:
            self._valid_until = 0.0
            return False
        self.fence = int(fence)
        self._valid_until = sent + self.ttl_ms / 1000
        return True

    async def renew(self) -> bool:
        """Prolong the lease if it is still ours; False (and `held` turns false) if it is not."""
        sent = self._clock()
        if not await self._renew(keys=[keys.lease(self.name)], args=[self.holder, self.ttl_ms]):
            self._valid_until = 0.0
            return False
        self._valid_until = sent + self.ttl_ms / 1000
        return True

    async def release(self) -> None:
        """Give the lease up, if it is ours, so that another need not wait for its end."""
        self._valid_until = 0.0
        await self._release(keys=[keys.lease(self.name)], args=[self.holder])

    async def current_holder(self) -> str | None:
        """Who holds the lease by Redis's account."""
        value: Any = await self._redis.get(keys.lease(self.name))
        return value.decode() if value else None


class LeaseKeeper:
    """A loop that gets a lease and keeps it, at a fifth of its TTL; for `Supervisor.every`.

    `on_gained(fence)` and `on_lost()` alternate, beginning with gained; a process that slept past its TTL
    hears of the loss before anything else. `on_gained` must be quicker than the TTL; if it fails, the lease
    is given back and sought anew, since another process may fare better. With `steal` the lease is stolen
    once, at first; a keeper that was stolen from waits until the lease is free, or two would steal it from
    each other for ever.
    """

    def __init__(
        self,
        lease: Lease,
        *,
        steal: bool = False,
        on_gained: Callable[[int], Awaitable[object]] | None = None,
        on_lost: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        self.lease = lease
        self.name = f"lease.{lease.name}"
        self.interval = lease.ttl_ms / 5000
        self._steal = steal
        self._on_gained = on_gained
        self._on_lost = on_lost
        self._reported = False
        self._log = get_logger("lease").bind(lease=lease.name)

    @property
    def held(self) -> bool:
        """As `Lease.held`."""
        return self.lease.held

    async def run_once(self) -> None:
        """Renew or acquire. Errors of Redis are logged and do not disturb the rhythm: the local clock decides."""
        try:
            await self._report()  # what the clock says, before the lease can be gained anew
            if not (self.lease.held and await self.lease.renew()):
                await self._report()
                if await self.lease.acquire(steal=self._steal):
                    self._steal = False
        except (RedisError, OSError) as error:
            self._log.warning("lease.redis_unavailable", held=self.lease.held, error_type=type(error).__name__)
        await self._report()

    async def close(self) -> None:
        """Release; for `Supervisor.on_stop`."""
        held = self.lease.held
        try:
            if held:
                await self.lease.release()
        finally:
            await self._report()

    async def _report(self) -> None:
        if self.lease.held == self._reported:
            return
        self._reported = not self._reported
        if self._reported:
            self._log.info("lease.gained", fence=self.lease.fence)
            if self._on_gained is not None and self.lease.fence is not None:
                await self._take_up(self.lease.fence)
        else:
            self._log.warning("lease.lost")
            if self._on_lost is not None:
                await self._on_lost()

    async def _take_up(self, fence: int) -> None:
        assert self._on_gained is not None
        try:
            await self._on_gained(fence)
        except BaseException:
            self._reported = False
            with suppress(RedisError, OSError):
                await self.lease.release()
            raise
