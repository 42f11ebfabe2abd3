"""The lease on one node's event stream, taken and given up so that nodes spread over workers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from redis.exceptions import RedisError

from discador.runtime.lease import Lease
from discador.runtime.log import get_logger
from discador.worker.share import ABSTINENCE_S


class NodeLease:
    """A loop that keeps the lease of one node, or waits for it.

    Args:
        may_take: asked with the seconds that the lease has been free; see `share.may_take`.
    """

    def __init__(self, lease: Lease, may_take: Callable[[float], bool]) -> None:
        self._lease = lease
        self._may_take = may_take
        self._free_since: float | None = None
        self._abstain_until = 0.0
        self._log = get_logger("lease").bind(lease=lease.name)
        self.name = f"lease.{lease.name}"
        self.interval = lease.ttl_ms / 5000

    def held(self) -> bool:
        """Tell, without asking anybody, whether this worker may follow the node."""
        return self._lease.held

    async def run_once(self) -> None:
        """Renew the lease, or take it if it is free and ours to take."""
        try:
            if self._lease.held:
                if not await self._lease.renew():
                    self._log.warning("lease.lost")
            elif await self._is_ours_to_take() and await self._lease.acquire():
                self._free_since = None
                self._log.info("lease.gained", fence=self._lease.fence)
        except (RedisError, OSError) as error:
            self._log.warning("lease.redis_unavailable", held=self._lease.held, error_type=type(error).__name__)

    async def give_up(self) -> None:
        """Leave the node to another worker; take it again only if nobody does."""
        self._abstain_until = asyncio.get_running_loop().time() + ABSTINENCE_S
        await self.close()
        self._log.info("lease.given_up")

    async def close(self) -> None:
        """Release the lease if it is held; for `Supervisor.on_stop`."""
        if self._lease.held:
            await self._lease.release()

    async def _is_ours_to_take(self) -> bool:
        now = asyncio.get_running_loop().time()
        if now < self._abstain_until:
            return False
        holder = await self._lease.current_holder()
        if holder is not None and holder != self._lease.holder:
            self._free_since = None
            return False
        if self._free_since is None:
            self._free_since = now
        return self._may_take(now - self._free_since)
