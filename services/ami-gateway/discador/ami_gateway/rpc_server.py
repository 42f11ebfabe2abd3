"""GatewayService on the wire: limits of requests, and nothing else."""

from __future__ import annotations

from typing import Any

import grpc

from discador.runtime.errors import InvalidInput
from discador.v1 import gateway_pb2 as wire
from discador.v1 import gateway_pb2_grpc

from .gateway import Gateway

_MOST_ORIGINATIONS = 100
_MOST_IDS = 500

Context = grpc.aio.ServicerContext[Any, Any]


class GatewayServicer(gateway_pb2_grpc.GatewayServiceServicer):
    """Answers for one gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def Originate(self, request: wire.OriginateRequest, context: Context) -> wire.OriginateResponse:  # noqa: N802 - the contract's name
        _at_most(_MOST_ORIGINATIONS, len(request.originations), "originations")
        results = await self._gateway.originator.originate(request.originations)
        return wire.OriginateResponse(results=results)

    async def Hangup(self, request: wire.HangupRequest, context: Context) -> wire.HangupResponse:  # noqa: N802 - the contract's name
        _at_most(_MOST_IDS, len(request.attempt_ids), "attempt_ids")
        if not 0 <= request.cause <= 127:
            raise InvalidInput("cause is a Q.850 number, 1 to 127", violations=[("cause", "not 0 to 127")])
        found = await self._gateway.hang_up(request.attempt_ids, request.cause or 16)
        return wire.HangupResponse(attempt_ids=found)

    async def Lookup(self, request: wire.LookupRequest, context: Context) -> wire.LookupResponse:  # noqa: N802 - the contract's name
        _at_most(_MOST_IDS, len(request.attempt_ids), "attempt_ids")
        return wire.LookupResponse(fates=await self._gateway.lookup.lookup(request.attempt_ids))

    async def Snapshot(self, request: wire.SnapshotRequest, context: Context) -> wire.SnapshotResponse:  # noqa: N802 - the contract's name
        return await self._gateway.snapshot()

    async def GetStatus(self, request: wire.GetStatusRequest, context: Context) -> wire.GatewayStatus:  # noqa: N802 - the contract's name
        return self._gateway.status()


def _at_most(limit: int, given: int, field: str) -> None:
    if given > limit:
        raise InvalidInput(f"{field} holds {given}, at most {limit} are allowed", violations=[(field, "too many")])
