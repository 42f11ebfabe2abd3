"""The one server interceptor: service token, errors as rich statuses, and an orderly end of streams."""

from __future__ import annotations

import asyncio
import hmac
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NoReturn, TypeAlias

import grpc
from grpc_status import rpc_status

from .errors import ServiceError, Unauthenticated, Unavailable, as_service_error, to_status
from .remote_error import explained

_HEALTH = "/grpc.health.v1.Health/"
_Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
_Continuation: TypeAlias = "Callable[[grpc.HandlerCallDetails], Awaitable[_Handler | None]]"


class Guard(grpc.aio.ServerInterceptor):
    """Wraps every handler of a server. Health checks need no token: probes have none."""

    def __init__(self, token: str) -> None:
        if not token:
            raise ValueError("a gRPC server needs a service token")
        self._expected = b"Bearer " + token.encode()
        self._streams: set[asyncio.Task[Any]] = set()
        self._watches: set[asyncio.Task[Any]] = set()  # of health: they end last, having told the news
        self._draining = False

    async def intercept_service(
        self, continuation: _Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Any:
        handler: Any = await continuation(handler_call_details)
        if handler is None:
            return None  # grpc answers UNIMPLEMENTED itself
        method = handler_call_details.method or ""
        if not method.startswith(_HEALTH) and not self._has_token(handler_call_details):
            return self._rebuilt(handler, _refuse_unauthenticated)
        behaviour = handler.unary_unary or handler.unary_stream or handler.stream_unary or handler.stream_stream
        if not handler.response_streaming:
            return self._rebuilt(handler, self._unary(method, behaviour))
        if inspect.isasyncgenfunction(behaviour):
            return self._rebuilt(handler, self._generator(method, behaviour))
        return self._rebuilt(handler, self._writer(method, behaviour))

    def end_streams(self) -> None:
        """End every open server stream but health watches with UNAVAILABLE, so that clients go elsewhere."""
        self._draining = True
        for task in tuple(self._streams):
            task.cancel()

    def end_watches(self) -> None:
        """End the health watches likewise."""
        for task in tuple(self._watches):
            task.cancel()

    @property
    def watched(self) -> bool:
        return bool(self._watches)

    def _has_token(self, details: grpc.HandlerCallDetails) -> bool:
        for name, value in details.invocation_metadata or ():
            if name == "authorization":
                given = value if isinstance(value, bytes) else value.encode()
                return hmac.compare_digest(given, self._expected)
        return False

    def _unary(self, method: str, behaviour: Callable[..., Any]) -> Callable[..., Any]:
        async def call(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
            if _expired(context):
                await _abort(context, as_service_error(TimeoutError(), method=method))
            try:
                return await behaviour(request, context)
            except grpc.aio.AbortError:
                raise
            except Exception as error:
                await _abort(context, explained(error, method=method))

        return call

    def _writer(self, method: str, behaviour: Callable[..., Any]) -> Callable[..., Any]:
        async def call(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> None:
            task = self._enter(method)
            try:
                await behaviour(request, context)
            except grpc.aio.AbortError:
                raise
            except asyncio.CancelledError:
                await self._end(task, context)
            except Exception as error:
                await _abort(context, explained(error, method=method))
            finally:
                self._leave(task)

        return call

    def _generator(self, method: str, behaviour: Callable[..., Any]) -> Callable[..., Any]:
        async def call(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> AsyncIterator[Any]:
            task = self._enter(method)
            try:
                async for message in behaviour(request, context):
                    yield message
            except grpc.aio.AbortError:
                raise
            except asyncio.CancelledError:
                await self._end(task, context)
            except Exception as error:
                await _abort(context, explained(error, method=method))
            finally:
                self._leave(task)

        return call

    def _enter(self, method: str) -> asyncio.Task[Any]:
        task = asyncio.current_task()
        assert task is not None, "a gRPC handler always runs in a task"
        (self._watches if method.startswith(_HEALTH) else self._streams).add(task)
        if self._draining:
            task.cancel()
        return task

    def _leave(self, task: asyncio.Task[Any]) -> None:
        self._streams.discard(task)
        self._watches.discard(task)

    async def _end(self, task: asyncio.Task[Any], context: grpc.aio.ServicerContext[Any, Any]) -> NoReturn:
        if not self._draining or context.cancelled():
            raise asyncio.CancelledError
        task.uncancel()
        await _abort(context, Unavailable("this instance is stopping; reconnect", error_id="stopping"))

    @staticmethod
    def _rebuilt(handler: Any, behaviour: Callable[..., Any]) -> _Handler:
        if not handler.response_streaming:
            make: Any = (
                grpc.stream_unary_rpc_method_handler
                if handler.request_streaming
                else grpc.unary_unary_rpc_method_handler
            )
        else:
            make = (
                grpc.stream_stream_rpc_method_handler
                if handler.request_streaming
                else grpc.unary_stream_rpc_method_handler
            )
        built: _Handler = make(
            behaviour,
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )
        return built


def _expired(context: grpc.aio.ServicerContext[Any, Any]) -> bool:
    remaining = context.time_remaining()
    return remaining is not None and remaining <= 0


async def _abort(context: grpc.aio.ServicerContext[Any, Any], error: ServiceError) -> NoReturn:
    status: Any = rpc_status.to_status(to_status(error))
    await context.abort(status.code, status.details, status.trailing_metadata)


async def _refuse_unauthenticated(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> NoReturn:
    await _abort(context, Unauthenticated("the service token is missing or wrong"))
