"""The gateway as an ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Any, Literal

import grpc
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from discador.rest_gateway import answer, body, call, conditional, errors, escapes
from discador.rest_gateway.bindings import Binding
from discador.rest_gateway.deadlines import Deadlines
from discador.rest_gateway.errors import ClientLeft, RequestError
from discador.rest_gateway.json_out import JsonPrinter
from discador.rest_gateway.metadata import MetadataHook, MetadataPolicy
from discador.rest_gateway.openapi import OpenApiDocument
from discador.rest_gateway.refusals import GatewayRefused, Refusal
from discador.rest_gateway.request import RequestBuilder
from discador.rest_gateway.routing import Match
from discador.rest_gateway.rules import Rules
from discador.rest_gateway.schema import Schema
from discador.rest_gateway.streams import StreamAnswer


class RestGateway:
    """Serves every method that carries `google.api.http`, of the services `channels` names, as REST.

    Args:
        descriptor_set: a compiled `FileDescriptorSet` with imports, best with source info for the comments.
        channels: by service (`pkg.Service`), a `grpc.aio` channel, or a function that returns the channel
            to use; the latter lets an app build the gateway at import and its channels in its lifespan.
        unknown_fields: "reject" answers 400 to body fields and query parameters nobody knows.
        metadata: mints the gRPC metadata of a request, identity above all; it may raise `RequestError`.
        headers_allowed: request headers passed on as metadata, where the hook does not mint that key.
        max_body: bytes of a request body.
        body_limits: another limit for a method, by `pkg.Service.Method`.
        deadlines: bounds of `Grpc-Timeout`.
        ping_interval: seconds of silence after which an event stream carries a comment; above 0, at most 15.
        title, version: of the OpenAPI document.
        openapi_path: where it is served, below the mount point.
        www_authenticate: the challenge sent with 401.

    Raises `GatewayRefused`, with everything that cannot be served.
    """

    def __init__(
        self,
        descriptor_set: bytes,
        channels: Mapping[str, call.ChannelSource],
        *,
        unknown_fields: Literal["reject", "ignore"] = "reject",
        metadata: MetadataHook | None = None,
        headers_allowed: Collection[str] = (),
        max_body: int = body.DEFAULT_MAX_BODY,
        body_limits: Mapping[str, int] | None = None,
        deadlines: Deadlines | None = None,
        ping_interval: float = 15.0,
        title: str = "REST API",
        version: str = "1",
        openapi_path: str = "/openapi.json",
        www_authenticate: str = "Bearer",
    ) -> None:
        schema = Schema(descriptor_set)
        rules = Rules(schema, channels, openapi_path)
        self._metadata = MetadataPolicy(headers_allowed, metadata)
        self._body_limits = dict(body_limits or {})
        known = {binding.full_name for binding in rules.bindings}
        refusals = rules.refusals + self._metadata.refusals()
        refusals += [
            Refusal(name, "unknown-method", "a body limit is given for it, but it is not served")
            for name in self._body_limits
            if name not in known and name not in {refusal.method for refusal in rules.refusals}
        ]
        if not 0 < ping_interval <= 15:
            refusals.append(Refusal("ping_interval", "ping-interval", "it lies above 0 and is 15 s at most"))
        if refusals:
            raise GatewayRefused(refusals)
        self._table = rules.table
        self._builder = RequestBuilder(schema, reject_unknown=unknown_fields == "reject")
        self._printer = JsonPrinter(schema)
        self._calls = call.Calls(channels)
        self._max_body = max_body
        self._deadlines = deadlines or Deadlines()
        self._ping_interval = ping_interval
        self._challenge = www_authenticate
        self._openapi_path = openapi_path
        self._openapi = OpenApiDocument(schema, rules.bindings, title, version)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        else:
            await self._serve(Request(scope, receive), receive, send)

    async def _serve(self, request: Request, receive: Receive, send: Send) -> None:
        try:
            response = await self._respond(request, receive, send)
        except ClientLeft:
            return
        except RequestError as error:
            response = answer.error_response(errors.from_request_error(error, self._challenge))
        except grpc.aio.AioRpcError as error:
            response = answer.error_response(self._rpc_error(error))
        except Exception as error:  # nothing a client sends may show it the inside of a program
            failure = errors.internal_error(f"{type(error).__name__} in the gateway", log_traceback=True)
            response = answer.error_response(failure)
        if response is None:
            return
        if request.method == "HEAD":
            response.body = b""  # its headers, Content-Length too, are made
        await response(request.scope, receive, send)

    async def _respond(self, request: Request, receive: Receive, send: Send) -> Response | None:
        """Answer; None where a stream has sent its answer itself."""
        path = escapes.request_path(request.scope)
        match = self._route(request, path)
        if match is None:
            return self._openapi.response(request)
        binding = match.target
        headers = request.headers
        timeout = self._deadlines.timeout(headers.get("grpc-timeout"), is_stream=binding.is_stream)
        clock = asyncio.get_running_loop().time
        started = clock()
        metadata = self._metadata.of(request)  # a caller the hook refuses uploads nothing
        content = await self._read_body(binding, request, receive, timeout)
        query, content_type = request.scope["query_string"], headers.get("content-type", "")
        message = self._builder.build(match, query, content_type, content)
        conditional.apply_if_match(binding, message, headers.get("if-match"))
        remaining = None if timeout is None else max(0.0, timeout - (clock() - started))
        if binding.is_stream:
            stream = StreamAnswer(binding, request, self._printer, self._rpc_error, self._ping_interval)
            stream.resume(message)
            await stream.send(self._calls.start(binding, message, metadata, remaining), receive, send)
            return None
        running = self._calls.start(binding, message, metadata, remaining)
        response = await call.unary(running, receive)
        return answer.unary_response(self._printer, binding, response, headers.get("if-none-match"))

    def _route(self, request: Request, path: str) -> Match[Binding] | None:
        """Return the route; None for the OpenAPI document. Raises `RequestError` (404, 405)."""
        is_document = path == self._openapi_path
        if is_document and request.method in ("GET", "HEAD"):
            return None
        match = self._table.match(request.method, path)
        if match is None:
            allowed = sorted({*self._table.allowed(path), *(("GET", "HEAD") if is_document else ())})
            if not allowed:
                raise RequestError(5, "no such path")
            message = f"this path does not answer {request.method}"
            raise RequestError(12, message, http_status=405, headers={"Allow": ", ".join(allowed)})
        return match

    async def _read_body(self, binding: Binding, request: Request, receive: Receive, timeout: float | None) -> bytes:
        if binding.body is None:
            return b""
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            raise RequestError(3, "the body must not be compressed", http_status=415)
        limit = self._body_limits.get(binding.full_name, self._max_body)
        try:
            async with asyncio.timeout(timeout):
                return await body.read(receive, request.headers.get("content-length", ""), limit)
        except TimeoutError:
            raise RequestError(4, "the body did not arrive before the deadline") from None

    def _rpc_error(self, error: grpc.aio.AioRpcError) -> errors.HttpError:
        return errors.from_rpc_error(error, self._printer.any, self._challenge)


async def _lifespan(receive: Receive, send: Send) -> None:
    """Alone on a server the gateway has nothing to start or stop."""
    while True:
        event: Any = await receive()
        await send({"type": event["type"] + ".complete"})
        if event["type"] == "lifespan.shutdown":
            return
