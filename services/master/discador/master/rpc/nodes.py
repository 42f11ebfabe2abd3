# ruff: noqa: N802 - methods bear the names that the contract gives them
"""NodeService."""

from __future__ import annotations

import re
from typing import Any, Final

from google.protobuf.empty_pb2 import Empty

from discador.master import masks, pages
from discador.master.convert.stamps import stamp
from discador.master.database import Database
from discador.master.fleet import Fleet, GatewayReport
from discador.master.violations import Violations
from discador.master.wake import Wake
from discador.runtime.settings import host_port
from discador.store.records import Node
from discador.v1 import node_pb2 as wire
from discador.v1 import node_pb2_grpc

#: It stands in Redis keys and in DISCADOR_NODE.
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", re.ASCII)
_WRITABLE: Final = frozenset({"name", "gateway_address", "disabled"})


def checked(node: wire.Node) -> dict[str, Any]:
    """Return the columns of the node. Raises `InvalidInput` with all faults (`node-invalid`)."""
    found = Violations()
    found.check(
        _NAME.fullmatch(node.name) is not None,
        "node.name",
        "must have 1 to 63 letters, digits, dots, hyphens and underscores, and begin with a letter or digit",
    )
    try:
        address = host_port(node.gateway_address)
        found.check(address.port > 0, "node.gateway_address", "must name a port")
        found.check(len(node.gateway_address) <= 255, "node.gateway_address", "must have at most 255 characters")
    except ValueError as fault:
        found.add("node.gateway_address", str(fault))
    found.raise_if_any("node-invalid")
    return {"name": node.name, "gateway_address": node.gateway_address.strip(), "disabled": node.disabled}


def node_to_wire(node: Node, report: GatewayReport | None = None) -> wire.Node:
    """Return the node with what its gateway reports, if one does."""
    message = wire.Node(id=node.id, name=node.name, gateway_address=node.gateway_address, disabled=node.disabled)
    if report is not None:
        message.MergeFrom(
            wire.Node(
                ami_state=report.ami_state,  # type: ignore[arg-type]  # the stubs know enum members only
                ami_detail=report.ami_detail,
                asterisk_version=report.asterisk_version,
                channels=report.channels,
                reported_at=stamp(report.reported_at),
            )
        )
    return message


class NodeServicer(node_pb2_grpc.NodeServiceServicer):
    """Keeps the list of nodes."""

    def __init__(self, database: Database, fleet: Fleet, wake: Wake) -> None:
        self._database = database
        self._store = database.store
        self._fleet = fleet
        self._wake = wake

    async def CreateNode(self, request: wire.CreateNodeRequest, context: Any) -> wire.Node:
        return await self._database.once(
            request, wire.Node, lambda: node_to_wire(self._store.nodes.create(**checked(request.node)))
        )

    async def GetNode(self, request: wire.GetNodeRequest, context: Any) -> wire.Node:
        node = await self._database.run(self._store.nodes.get, request.id)
        return node_to_wire(node, (await self._fleet.look()).gateway_of(node.name))

    async def ListNodes(self, request: wire.ListNodesRequest, context: Any) -> wire.ListNodesResponse:
        size = pages.page_size(request.page_size)
        after = pages.decode(request.page_token, int, "nodes") or 0
        found = await self._database.run(self._store.nodes.list, size + 1, after)
        sight = await self._fleet.look()
        return wire.ListNodesResponse(
            nodes=[node_to_wire(node, sight.gateway_of(node.name)) for node in found[:size]],
            next_page_token=pages.next_token(found, size, lambda node: node.id, "nodes"),
        )

    async def UpdateNode(self, request: wire.UpdateNodeRequest, context: Any) -> wire.Node:
        def work() -> wire.Node:
            current = self._store.nodes.get(request.node.id)
            changed = masks.merged(node_to_wire(current), request.node, request.update_mask, _WRITABLE)
            return node_to_wire(self._store.nodes.update(current.id, **checked(changed)))

        message = await self._database.once(request, wire.Node, work)
        await self._wake.send()
        return message

    async def DeleteNode(self, request: wire.DeleteNodeRequest, context: Any) -> Empty:
        def work() -> Empty:
            self._store.nodes.delete(request.id)
            return Empty()

        return await self._database.once(request, Empty, work)
