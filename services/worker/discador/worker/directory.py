"""Nodes and trunks as the worker last saw them: where gateways listen, and how fast trunks may be dialled."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from discador.runtime.threads import Threads
from discador.store import Store
from discador.store.records import Node, Trunk


class Directory:
    """Read anew every two seconds, and whenever somebody asks for what is not in it.

    It speeds the worker up and decides nothing about a call but its pace: the gate reads the trunk again.
    """

    name = "directory"
    interval = 2.0

    def __init__(self, store: Store, threads: Threads) -> None:
        self._store = store
        self._threads = threads
        self._reading = asyncio.Lock()
        self._read_at = 0.0
        self.nodes: Mapping[int, Node] = {}
        self.trunks: Mapping[int, Trunk] = {}

    async def run_once(self) -> None:
        """Read nodes and trunks anew."""
        self.nodes, self.trunks = await self._threads.run(self._read)
        self._read_at = asyncio.get_running_loop().time()

    async def node(self, node_id: int) -> Node | None:
        """Return the node, looking again if it is not known."""
        if node_id not in self.nodes:
            await self._look_again()
        return self.nodes.get(node_id)

    def is_disabled(self, node_id: int) -> bool:
        """Tell whether nothing may be dialled over the node: it is switched off, or not known."""
        node = self.nodes.get(node_id)
        return node is None or node.disabled

    def rate(self, trunk_id: int) -> float:
        """Return the calls per second that the trunk may start; 0 for a trunk that is not known."""
        trunk = self.trunks.get(trunk_id)
        return trunk.max_calls_per_second if trunk else 0.0

    async def _look_again(self) -> None:
        async with self._reading:
            # Half a second: an id that does not exist must not cost a query for each job that names it.
            if asyncio.get_running_loop().time() - self._read_at > 0.5:
                await self.run_once()

    def _read(self) -> tuple[dict[int, Node], dict[int, Trunk]]:
        nodes = {node.id: node for node in self._store.nodes.list()}
        trunks = {trunk.id: trunk for trunk in self._store.trunks.list()}
        return nodes, trunks
