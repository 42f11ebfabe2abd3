"""The answer of a method that streams its responses."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

import grpc
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import Receive, Send

from discador.rest_gateway import errors, framing
from discador.rest_gateway.batches import batches
from discador.rest_gateway.bindings import Binding
from discador.rest_gateway.departure import cancelling_on_departure
from discador.rest_gateway.errors import HttpError, RequestError
from discador.rest_gateway.json_out import JsonPrinter
from discador.rest_gateway.schema import is_singular_string


class StreamAnswer:
    """Sends one stream. `rpc_error` renders the end of a failed RPC; `ping_interval` is in seconds."""

    def __init__(
        self,
        binding: Binding,
        request: Request,
        printer: JsonPrinter,
        rpc_error: Callable[[grpc.aio.AioRpcError], HttpError],
        ping_interval: float,
    ) -> None:
        self._binding = binding
        self._request = request
        self._framing = framing.choose(printer, binding, request.headers.get("accept", ""))
        self._rpc_error = rpc_error
        self._ping_interval = ping_interval

    def resume(self, message: Any) -> None:
        """Fill the request's `cursor` or `page_token` from `Last-Event-ID`, as a reconnecting browser sends it.

        It outdoes the query: a browser reconnects with the URL it first opened.
        """
        last = self._request.headers.get("last-event-id")
        if last is None or not isinstance(self._framing, framing.ServerSentEvents):
            return
        from_path = {bound.names for bound in self._binding.variables}
        for name in ("cursor", "page_token"):
            field = message.DESCRIPTOR.fields_by_name.get(name)
            if is_singular_string(field) and (name,) not in from_path:
                try:
                    setattr(message, name, last.encode("latin-1").decode())
                except UnicodeDecodeError:
                    raise RequestError.invalid("must be UTF-8", "Last-Event-ID") from None
                return

    async def send(self, call: Any, receive: Receive, send: Send) -> None:
        """Send the stream from its first message to its end.

        What goes wrong before the first message is raised: `grpc.aio.AioRpcError`, `ValueError`. An event
        stream that stays silent is opened after one ping interval all the same. Raises `ClientLeft`.
        """
        async with (
            cancelling_on_departure(receive, call),
            aclosing(batches(call, self._ping_interval)) as flow,
        ):
            first = await anext(flow, None)
            while first == [] and self._framing.ping is None:
                first = await anext(flow, None)
            chunk = self._chunk(first) if first is not None else b""
            headers = MutableHeaders(self._framing.headers(first[0] if first else None))
            await send({"type": "http.response.start", "status": 200, "headers": headers.raw})
            if self._request.method == "HEAD":
                ending: bytes | None = b""
            else:
                await _write(send, chunk)
                ending = await self._rest(flow, send) if first is not None else self._framing.end
            if ending is not None:
                await send({"type": "http.response.body", "body": ending, "more_body": False})

    async def _rest(self, flow: AsyncGenerator[list[Any], None], send: Send) -> bytes | None:
        """Write what follows the first batch, and return how the body ends; None to break it off."""
        try:
            async for batch in flow:
                await _write(send, self._chunk(batch))
        except grpc.aio.AioRpcError as error:
            return self._framing.error(self._rpc_error(error).body)
        except Exception as error:  # the answer has begun: all that is left is to end it as an error
            failure = errors.internal_error(f"{type(error).__name__} in the gateway", log_traceback=True)
            return self._framing.error(failure.body)
        return self._framing.end

    def _chunk(self, batch: list[Any]) -> bytes:
        if not batch:
            return self._framing.ping or b""
        return b"".join(self._framing.message(message) for message in batch)


async def _write(send: Send, chunk: bytes) -> None:
    if chunk:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
