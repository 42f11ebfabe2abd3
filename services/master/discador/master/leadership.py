"""Which master dials: a lease in Redis makes the take-over quick, the epoch in the database makes it safe.

The lease lasts 5 s and is renewed each second, so a standby leads within 6 s after the leader was killed or
frozen. Redis may be wiped and clocks may lie: whoever takes over raises the epoch, and each reservation of an
older epoch fails in the database (`StaleLeader`).
"""

from __future__ import annotations

from typing import Final

from redis.exceptions import RedisError

from discador.runtime.lease import Lease, LeaseKeeper
from discador.runtime.log import get_logger
from discador.runtime.redis_client import Redis
from discador.runtime.threads import Threads
from discador.store import Store

LEASE: Final = "master"
TTL_MS: Final = 5_000
_log: Final = get_logger("leadership")


class Leadership:
    """This master's claim to lead. Register `keeper` with `Supervisor.every`."""

    def __init__(self, redis: Redis, store: Store, threads: Threads, holder: str) -> None:
        self._lease = Lease(redis, LEASE, holder, TTL_MS)
        self._store = store
        self._threads = threads
        self._holder = holder
        self._epoch: int | None = None
        self.keeper = LeaseKeeper(self._lease, on_gained=self._take_epoch, on_lost=self._forget_epoch)

    @property
    def epoch(self) -> int | None:
        """The epoch under which this master may act; None while another leads, or nobody is known to."""
        return self._epoch if self._lease.held else None

    async def step_down(self, why: str) -> None:
        """Stop leading at once, so that another need not wait for the lease to end."""
        self._epoch = None
        _log.warning("leadership.stepped_down", why=why)
        try:
            await self.keeper.close()
        except (RedisError, OSError) as error:
            _log.warning("leadership.lease_not_released", error_type=type(error).__name__)

    async def _take_epoch(self, _fence: int) -> None:
        self._epoch = await self._threads.run(self._store.leadership.take, self._holder)
        _log.info("leadership.taken", epoch=self._epoch)

    async def _forget_epoch(self) -> None:
        self._epoch = None
