"""The gRPC side: method handles on channels, one call, its outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import grpc
from google.protobuf import message_factory
from starlette.types import Receive

from discador.rest_gateway.bindings import Binding
from discador.rest_gateway.departure import cancelling_on_departure

Channel = grpc.aio.Channel
ChannelSource = Channel | Callable[[], Channel]


class Calls:
    """Starts calls. A channel given as a function is asked for at each call, so it may be made later."""

    def __init__(self, channels: Mapping[str, ChannelSource]) -> None:
        self._channels = dict(channels)
        self._handles: dict[str, tuple[Channel, Callable[..., Any]]] = {}

    def start(self, binding: Binding, message: Any, metadata: list[tuple[str, str]], timeout: float | None) -> Any:
        """Return the running call, unary or streaming as the method is."""
        return self._handle(binding)(message, timeout=timeout, metadata=metadata)

    def _handle(self, binding: Binding) -> Callable[..., Any]:
        source = self._channels[binding.service]
        channel = source() if callable(source) else source
        cached = self._handles.get(binding.rpc)
        if cached is None or cached[0] is not channel:
            open_method = channel.unary_stream if binding.is_stream else channel.unary_unary
            handle = open_method(
                binding.rpc,
                request_serializer=message_factory.GetMessageClass(binding.request).SerializeToString,
                response_deserializer=message_factory.GetMessageClass(binding.response).FromString,
            )
            cached = self._handles[binding.rpc] = (channel, handle)
        return cached[1]


async def unary(call: Any, receive: Receive) -> Any:
    """Return the response; raises `grpc.aio.AioRpcError` and `ClientLeft`."""
    async with cancelling_on_departure(receive, call):
        return await call
