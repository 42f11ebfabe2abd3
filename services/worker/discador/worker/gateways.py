"""One channel to each node's gateway, remade when its address changes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import grpc

from discador.runtime import grpc_client
from discador.store.records import Node
from discador.v1 import gateway_pb2_grpc


@dataclass(frozen=True, slots=True)
class _Link:
    address: str
    channel: grpc.aio.Channel
    stub: gateway_pb2_grpc.GatewayServiceStub


class Gateways:
    """The gateways that this process talks to. Nothing here repeats a call."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._links: dict[int, _Link] = {}

    async def stub(self, node: Node) -> gateway_pb2_grpc.GatewayServiceStub:
        """Return the stub of the node's gateway; no call is made."""
        return (await self._link(node)).stub

    async def is_ready(self, node: Node, within_s: float) -> bool:
        """Tell whether the gateway is connected, waiting for it at most `within_s`."""
        channel = (await self._link(node)).channel
        if channel.get_state(try_to_connect=True) is grpc.ChannelConnectivity.READY:
            return True
        try:
            async with asyncio.timeout(within_s):
                await channel.channel_ready()
        except TimeoutError:
            return False
        return True

    async def close(self) -> None:
        """Close every channel; for `Supervisor.on_stop`."""
        links, self._links = self._links, {}
        for link in links.values():
            await link.channel.close()

    async def _link(self, node: Node) -> _Link:
        link = self._links.get(node.id)
        if link is not None and link.address == node.gateway_address:
            return link
        channel = grpc_client.channel(node.gateway_address, self._token)
        self._links[node.id] = fresh = _Link(
            node.gateway_address, channel, gateway_pb2_grpc.GatewayServiceStub(channel)
        )
        if link is not None:
            # Calls in flight on the old channel get their answers.
            await link.channel.close(grace=10.0)
        return fresh
