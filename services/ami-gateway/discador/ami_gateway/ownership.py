"""One gateway per node: whether this process is the one.

The newest wins: at its start a gateway takes the node's lease in any case, and the older goes on standby. Redis
being away proves nothing, so it changes nothing: only another holder's name in the lease does.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Final

from redis.exceptions import RedisError

from discador.runtime.lease import Lease
from discador.runtime.log import get_logger

LEASE_TTL_MS: Final = 5_000


class Ownership:
    """A loop that keeps the node's lease. `on_change(owned)` is awaited at each change, beginning with owned.

    `owned` is true from the start, before Redis has been asked: a gateway must place calls while Redis is away.
    """

    name = "ownership"
    interval = LEASE_TTL_MS / 5000

    def __init__(self, lease: Lease, on_change: Callable[[bool], Awaitable[None]]) -> None:
        self.owned = True
        self.owned_since = time.time()
        self._lease = lease
        self._on_change = on_change
        self._stolen = False
        self._log = get_logger("ownership").bind(lease=lease.name)

    async def run_once(self) -> None:
        """Take the lease, keep it, or see who has it."""
        try:
            kept = await self._seek()
        except (RedisError, OSError):
            return
        if kept != self.owned:
            self.owned = kept
            if kept:
                self.owned_since = time.time()
            self._log.warning("ownership.gained" if kept else "ownership.lost")
            await self._on_change(kept)

    async def close(self) -> None:
        """Give the node up, so that another gateway need not wait."""
        try:
            await self._lease.release()
        except (RedisError, OSError) as error:
            self._log.warning("ownership.not_released", error_type=type(error).__name__)

    async def _seek(self) -> bool:
        if self._stolen and await self._lease.renew():
            return True
        taken = await self._lease.acquire(steal=not self._stolen)
        self._stolen = True
        return taken
