"""The way from a page to the master: one call, with a deadline, its refusal as a typed error."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final

import grpc

from discador.runtime.remote_error import RemoteError, remote_error
from discador.v1 import (
    attempt_pb2_grpc,
    campaign_pb2_grpc,
    dnc_pb2_grpc,
    lead_pb2_grpc,
    node_pb2_grpc,
    system_pb2_grpc,
    trunk_pb2_grpc,
    worker_pb2_grpc,
)

Metadata = Sequence[tuple[str, str]]

TIMEOUT_S: Final = 10.0

_STUBS: Final[dict[str, Callable[[grpc.aio.Channel], Any]]] = {
    "Attempt": attempt_pb2_grpc.AttemptServiceStub,
    "Campaign": campaign_pb2_grpc.CampaignServiceStub,
    "Dnc": dnc_pb2_grpc.DncServiceStub,
    "Lead": lead_pb2_grpc.LeadServiceStub,
    "Node": node_pb2_grpc.NodeServiceStub,
    "System": system_pb2_grpc.SystemServiceStub,
    "Trunk": trunk_pb2_grpc.TrunkServiceStub,
    "Worker": worker_pb2_grpc.WorkerServiceStub,
}


class Master:
    """Calls the master's RPCs. `channel` is asked at each call, so it may be opened later.

    `metadata` proves for whom it calls; without it, it calls for the service itself.
    """

    def __init__(self, channel: Callable[[], grpc.aio.Channel], metadata: Metadata = ()) -> None:
        self._channel = channel
        self._metadata = tuple(metadata)

    def acting_for(self, metadata: Metadata) -> Master:
        """Return one that calls for somebody."""
        return Master(self._channel, metadata)

    async def ask(self, method: str, message: Any, timeout: float = TIMEOUT_S) -> Any:
        """Return the answer of `method`, such as `Campaign.GetCampaign`. Raises `RemoteError`."""
        try:
            return await self._method(method)(message, timeout=timeout, metadata=self._metadata)
        except grpc.aio.AioRpcError as error:
            raise remote_error(error) from error

    async def stream(self, method: str, messages: Any) -> AsyncIterator[Any]:
        """Yield the answers of a streaming `method`, for as long as it lasts. Raises `RemoteError`."""
        try:
            async for answer in self._method(method)(messages, metadata=self._metadata):
                yield answer
        except grpc.aio.AioRpcError as error:
            raise remote_error(error) from error

    def _method(self, method: str) -> Any:
        service, _, name = method.partition(".")
        return getattr(_STUBS[service](self._channel()), name)


def request_id() -> str:
    """Return a fresh id for a command, so that a repetition by the transport is harmless."""
    return str(uuid.uuid4())


__all__ = ["Master", "RemoteError", "request_id"]
