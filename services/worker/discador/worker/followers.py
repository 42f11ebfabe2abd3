"""A follower and a lease for each node that exists; nodes come and go while the worker runs."""

from __future__ import annotations

import asyncio
from typing import Final

from redis.exceptions import RedisError

from discador.runtime.lease import Lease
from discador.runtime.lifecycle import Supervisor
from discador.runtime.log import get_logger
from discador.runtime.presence import list_services
from discador.runtime.redis_client import Redis
from discador.runtime.streams import WorkStream
from discador.runtime.supervised import Supervised
from discador.runtime.threads import Threads
from discador.store import Store
from discador.store.records import Node
from discador.worker.directory import Directory
from discador.worker.follower import GROUP, Follower
from discador.worker.node_lease import NodeLease
from discador.worker.share import may_take, should_yield

LEASE_TTL_MS: Final = 5_000
#: Events are never given up: only the database may say that one is of no use.
_FOR_EVER: Final = 1 << 40
_REBALANCE_S: Final = 4.0
_COUNT_S: Final = 2.0  # as often as workers say that they live


class Followers:
    """A loop that gives every node of the directory a follower, and keeps this worker to its share of them."""

    name = "followers"
    interval = 1.0

    def __init__(
        self,
        supervisor: Supervisor,
        redis: Redis,
        store: Store,
        threads: Threads,
        directory: Directory,
        worker: str,
    ) -> None:
        self._supervisor = supervisor
        self._redis = redis
        self._store = store
        self._threads = threads
        self._directory = directory
        self._worker = worker
        self._followed: dict[int, _Followed] = {}
        self._workers = 1
        self._counted_at = float("-inf")
        self._above_share_since: float | None = None
        self._applied_before = 0
        self._log = get_logger("followers")

    @property
    def nodes(self) -> list[str]:
        """Names of the nodes that this worker follows now."""
        return sorted(one.node.name for one in self._followed.values() if one.lease.held())

    @property
    def applied(self) -> int:
        """Events applied since the worker started."""
        return self._applied_before + sum(one.follower.applied for one in self._followed.values())

    async def run_once(self) -> None:
        """Follow new nodes, leave deleted and renamed ones, and give one up if this worker has too many."""
        nodes = self._directory.nodes
        for node_id, followed in tuple(self._followed.items()):
            node = nodes.get(node_id)
            if node is None or node.name != followed.node.name:
                await self._leave(node_id)
        for node in nodes.values():
            if node.id not in self._followed:
                self._follow(node)
        await self._count_workers()
        await self._rebalance()

    async def close(self) -> None:
        """Release every lease; for `Supervisor.on_stop`."""
        for followed in self._followed.values():
            await followed.lease.close()

    def _follow(self, node: Node) -> None:
        lease = NodeLease(
            Lease(self._redis, f"events:{node.name}", self._worker, LEASE_TTL_MS),
            lambda free_for_s: may_take(len(self.nodes), len(self._followed), self._workers, free_for_s),
        )
        stream = WorkStream(self._redis, f"discador:events:{node.name}", GROUP, max_deliveries=_FOR_EVER)
        follower = Follower(node.id, node.name, stream, self._worker, self._store, self._threads, lease.held)
        tasks = (
            self._supervisor.every(lease),
            self._supervisor.spawn(f"follower.{node.name}", follower.run),
        )
        self._followed[node.id] = _Followed(node, lease, follower, tasks)

    async def _leave(self, node_id: int) -> None:
        followed = self._followed.pop(node_id)
        self._applied_before += followed.follower.applied
        for task in followed.tasks:
            task.cancel()
        await followed.lease.close()

    async def _count_workers(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._counted_at < _COUNT_S:
            return
        self._counted_at = now
        try:
            present = await list_services(self._redis)
        except (RedisError, OSError):
            return
        ready = {p.instance.instance for p in present if p.instance.service == "worker" and p.state == "ready"}
        self._workers = len(ready | {self._worker})

    async def _rebalance(self) -> None:
        now = asyncio.get_running_loop().time()
        if not should_yield(len(self.nodes), len(self._followed), self._workers):
            self._above_share_since = None
        elif self._above_share_since is None:
            self._above_share_since = now
        elif now - self._above_share_since >= _REBALANCE_S:
            self._above_share_since = None
            held = [one for one in self._followed.values() if one.lease.held()]
            await held[-1].lease.give_up()


class _Followed:
    def __init__(self, node: Node, lease: NodeLease, follower: Follower, tasks: tuple[Supervised, ...]) -> None:
        self.node = node
        self.lease = lease
        self.follower = follower
        self.tasks = tasks
