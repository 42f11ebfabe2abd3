"""Hangs up live channels that nobody owns: their attempt has ended, or the store does not know it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from discador.maintenance.gateways import Gateways, GatewayUnreachable
from discador.maintenance.report import Report
from discador.runtime.log import get_logger
from discador.runtime.threads import Threads
from discador.store import Store
from discador.store.records import Node

#: A channel must be ownerless for so long: the end of a call reaches the store before Asterisk's list forgets it.
OWNERLESS_S: Final = 3.0


class OrphanHunter:
    """Compares each node's live channels with the live attempts every five seconds.

    The channels are read first and the attempts after them: an attempt is durable before its channel exists, so a
    channel without a live attempt has truly outlived it.
    """

    name = "orphans"
    interval = timedelta(seconds=5)

    def __init__(self, store: Store, threads: Threads, gateways: Gateways, report: Report) -> None:
        self._store = store
        self._threads = threads
        self._gateways = gateways
        self._report = report
        self._seen: dict[int, Mapping[str, float]] = {}
        self._log = get_logger("orphans")

    async def run_once(self) -> int:
        """Return how many channels were hung up."""
        nodes = await self._threads.run(self._store.nodes.list)
        self._seen = {node.id: self._seen.get(node.id, {}) for node in nodes}
        return sum(await asyncio.gather(*(self._look_at(node) for node in nodes)))

    async def _look_at(self, node: Node) -> int:
        try:
            calls = (await self._gateways.snapshot(node)).calls
            if not calls:
                self._seen[node.id] = {}
                return 0
            owned = await self._threads.run(self._owned, node.id)
            now = asyncio.get_running_loop().time()
            before = self._seen[node.id]
            ownerless = {id_: before.get(id_, now) for call in calls if (id_ := call.attempt_id) not in owned}
            self._seen[node.id] = ownerless
            due = [id_ for id_, since in ownerless.items() if now - since >= OWNERLESS_S]
            if not due:
                return 0
            found = await self._gateways.hang_up(node, due)
        except GatewayUnreachable as error:
            self._log.debug("orphans.gateway_unreachable", node=node.name, error=str(error))
            return 0
        self._report.orphans_hung_up += len(found)
        for attempt_id in found:
            self._log.warning("orphan.hung_up", node=node.name, attempt_id=attempt_id)
        return len(found)

    def _owned(self, node_id: int) -> set[str]:
        return {str(attempt.id) for attempt in self._store.attempts.live_on_node(node_id)}
