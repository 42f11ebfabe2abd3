"""What maintenance asks of the gateways. All of it may be asked again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import grpc

from discador.runtime import grpc_client
from discador.store.records import Node
from discador.v1 import gateway_pb2 as wire
from discador.v1 import gateway_pb2_grpc

DEADLINE_S: Final = 5.0
#: How many ids one LookupRequest may hold.
LOOKUP_LIMIT: Final = 500


class GatewayUnreachable(Exception):
    """The node's gateway did not answer: nothing is known, ask again."""

    error_id = "gateway-unreachable"

    def __init__(self, node: str, reason: str) -> None:
        super().__init__(f"the gateway of node {node} does not answer ({reason}); start it, or correct its address")


class Gateways:
    """One channel to each node's gateway, remade when its address changes. Raises `GatewayUnreachable`."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._channels: dict[int, tuple[str, grpc.aio.Channel]] = {}

    async def lookup(self, node: Node, attempt_ids: Sequence[UUID]) -> Sequence[wire.AttemptFate]:
        """Return what the gateway knows of the attempts, at most `LOOKUP_LIMIT` of them."""
        stub = await self._stub(node)
        request = wire.LookupRequest(attempt_ids=[str(id_) for id_ in attempt_ids])
        try:
            answer: wire.LookupResponse = await stub.Lookup(request, timeout=DEADLINE_S)
        except grpc.aio.AioRpcError as error:
            raise GatewayUnreachable(node.name, error.code().name) from None
        return answer.fates

    async def snapshot(self, node: Node) -> wire.SnapshotResponse:
        """Return every live channel of ours on the node."""
        stub = await self._stub(node)
        try:
            answer: wire.SnapshotResponse = await stub.Snapshot(wire.SnapshotRequest(), timeout=DEADLINE_S)
        except grpc.aio.AioRpcError as error:
            raise GatewayUnreachable(node.name, error.code().name) from None
        return answer

    async def hang_up(self, node: Node, attempt_ids: Sequence[str]) -> Sequence[str]:
        """Hang up the channels of these attempts; return those for which one was found."""
        stub = await self._stub(node)
        request = wire.HangupRequest(attempt_ids=attempt_ids)
        try:
            answer: wire.HangupResponse = await stub.Hangup(request, timeout=DEADLINE_S)
        except grpc.aio.AioRpcError as error:
            raise GatewayUnreachable(node.name, error.code().name) from None
        return answer.attempt_ids

    async def close(self) -> None:
        """Close every channel; for `Supervisor.on_stop`."""
        channels, self._channels = self._channels, {}
        for _, channel in channels.values():
            await channel.close()

    async def _stub(self, node: Node) -> gateway_pb2_grpc.GatewayServiceStub:
        address, channel = self._channels.get(node.id, ("", None))
        if channel is None or address != node.gateway_address:
            if channel is not None:
                await channel.close()
            channel = grpc_client.channel(node.gateway_address, self._token)
            self._channels[node.id] = (node.gateway_address, channel)
        return gateway_pb2_grpc.GatewayServiceStub(channel)
