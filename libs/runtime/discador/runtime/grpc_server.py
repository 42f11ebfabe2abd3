"""A gRPC server with what every service owes its callers: health, token, rich errors, an orderly end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from .grpc_access import Access
from .grpc_guard import Guard
from .log import get_logger
from .tls import Tls

_SERVING: Final = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING: Final = health_pb2.HealthCheckResponse.NOT_SERVING
_WATCH_LINGER_S: Final = 0.1  # for the news to be written; an open watch would use up the whole grace
_OPTIONS: Final = (
    ("grpc.so_reuseport", 0),  # two servers on one port must be an error, not a lottery
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 20_000),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.max_receive_message_length", 24 * 1024 * 1024),
)

Registration = tuple[Callable[[Any, Any], None], Any]  # add_XServicer_to_server, servicer


class PortInUse(Exception):
    """The address cannot be bound: another process has it, or it is not an address of this machine."""

    error_id = "port-in-use"


class GrpcServer:
    """Serve `services` on `address` (port 0: any free one; read `port` after `start`).

    Every call but health needs `authorization: Bearer <token>`; one made for somebody (see `caller`) needs that one's
    permission, whichever service this is: see `grpc_access`. Services start NOT_SERVING: call
    `set_serving` when the process is ready. `interceptors` run inside both checks, in order.
    """

    def __init__(
        self,
        address: str,
        token: str,
        services: Iterable[Registration],
        *,
        reflection: bool = False,
        tls: Tls | None = None,
        grace_s: float = 5.0,
        interceptors: Sequence[Any] = (),
    ) -> None:
        self._address = address
        self._guard = Guard(token)
        self._services = tuple(services)
        self._reflection = reflection
        self._tls = tls
        self._grace_s = grace_s
        self._interceptors = tuple(interceptors)
        self._names: tuple[str, ...] = ()
        self._health = health.aio.HealthServicer()
        self._server: grpc.aio.Server | None = None
        self._log = get_logger("grpc")
        self.port = 0

    async def start(self) -> int:
        """Bind and answer; return the bound port. Raises `PortInUse`."""
        server = grpc.aio.server(interceptors=(self._guard, Access(), *self._interceptors), options=_OPTIONS)
        recorder = _Recorder(server)
        for add, servicer in self._services:
            add(servicer, recorder)
        self._names = tuple(recorder.names)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        if self._reflection:
            reflection.enable_server_reflection((*self._names, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
        await self.set_not_serving()
        try:
            if self._tls is None:
                self.port = server.add_insecure_port(self._address)
            else:
                self.port = server.add_secure_port(self._address, self._tls.server_credentials())
        except RuntimeError:
            raise PortInUse(f"cannot listen on {self._address}: free it or choose another") from None
        await server.start()
        self._server = server
        self._log.info("grpc.listening", address=self._address, port=self.port, services=self._names)
        return self.port

    async def set_serving(self, service: str | None = None) -> None:
        """Report one service, or all of them and the server itself, as SERVING."""
        await self._set(service, _SERVING)

    async def set_not_serving(self, service: str | None = None) -> None:
        """Report one service, or all of them and the server itself, as NOT_SERVING; calls still work."""
        await self._set(service, _NOT_SERVING)

    async def stop(self, grace_s: float | None = None) -> None:
        """Health not-serving, end streams, let running calls finish within the grace, then close."""
        if self._server is None:
            return
        server, self._server = self._server, None
        await self._health.enter_graceful_shutdown()
        self._guard.end_streams()
        if self._guard.watched:
            await asyncio.sleep(_WATCH_LINGER_S)
            self._guard.end_watches()
        await server.stop(self._grace_s if grace_s is None else grace_s)
        self._log.info("grpc.stopped", port=self.port)

    async def _set(self, service: str | None, status: Any) -> None:
        for name in ("", *self._names) if service is None else (service,):
            await self._health.set(name, status)


class _Recorder:
    """Stands for the server while services register, to learn their full names."""

    def __init__(self, server: grpc.aio.Server) -> None:
        self._server = server
        self.names: list[str] = []

    def add_generic_rpc_handlers(self, handlers: Iterable[Any]) -> None:
        handlers = tuple(handlers)
        self.names += [handler.service_name() for handler in handlers]
        self._server.add_generic_rpc_handlers(handlers)

    def add_registered_method_handlers(self, service: str, handlers: Any) -> None:
        self._server.add_registered_method_handlers(service, handlers)
