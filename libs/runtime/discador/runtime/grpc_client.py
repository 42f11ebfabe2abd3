"""gRPC channels between services: token and deadline on every call, rich errors back as exceptions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import grpc

from .errors import ServiceError
from .remote_error import RemoteError, raise_rich, remote_error
from .tls import Tls

__all__ = ["RemoteError", "channel", "deadline", "raise_rich", "remote_error"]

_MARGIN_S: Final = 0.05  # what the caller keeps to answer its own caller
_OPTIONS: Final = (
    # A call is sent once: whoever may repeat it says so himself. (Also off: gRPC's transparent retries.)
    ("grpc.enable_retries", 0),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.min_reconnect_backoff_ms", 2_000),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.max_receive_message_length", 8 * 1024 * 1024),
)


def channel(
    address: str,
    token: str,
    *,
    tls: Tls | None = None,
    default_timeout_s: float = 5.0,
    interceptors: Sequence[Any] = (),
) -> grpc.aio.Channel:
    """Open a channel (lazily: nothing is sent yet). Make it in the running loop, close it with the service.

    Every call carries the token; a unary call without a timeout gets `default_timeout_s`.
    """
    inner = (
        grpc.aio.insecure_channel(address, options=_OPTIONS, interceptors=interceptors)
        if tls is None
        else grpc.aio.secure_channel(address, tls.channel_credentials(), options=_OPTIONS, interceptors=interceptors)
    )
    return _TokenChannel(inner, token, default_timeout_s)


def deadline(context: Any, own_s: float = 15.0) -> float:
    """Seconds a call made on behalf of `context` may take: min(own, remaining − 50 ms).

    Raises `ServiceError` (`deadline-exceeded`) when nothing is left: the answer could not arrive in time.
    """
    remaining = context.time_remaining()
    if remaining is None:
        return own_s
    left = min(own_s, float(remaining) - _MARGIN_S)
    if left <= 0:
        raise ServiceError(
            "no time is left to ask another service",
            error_id="deadline-exceeded",
            code=grpc.StatusCode.DEADLINE_EXCEEDED,
        )
    return left


class _Callable:
    """A multi-callable that adds token and deadline; cheaper than an interceptor, which costs a task a call."""

    def __init__(self, inner: Any, credentials: tuple[str, str], default_timeout_s: float | None) -> None:
        self._inner = inner
        self._credentials = credentials
        self._default_timeout_s = default_timeout_s

    def __call__(self, *args: Any, timeout: float | None = None, metadata: Any = None, **kwargs: Any) -> Any:
        merged = (*(metadata or ()), self._credentials)
        return self._inner(
            *args, timeout=self._default_timeout_s if timeout is None else timeout, metadata=merged, **kwargs
        )


class _TokenChannel(grpc.aio.Channel):
    def __init__(self, inner: grpc.aio.Channel, token: str, default_timeout_s: float) -> None:
        self._inner = inner
        self._credentials = ("authorization", f"Bearer {token}")
        self._default_timeout_s = default_timeout_s

    def unary_unary(self, *args: Any, **kwargs: Any) -> Any:
        return _Callable(self._inner.unary_unary(*args, **kwargs), self._credentials, self._default_timeout_s)

    def stream_unary(self, *args: Any, **kwargs: Any) -> Any:
        return _Callable(self._inner.stream_unary(*args, **kwargs), self._credentials, None)

    def unary_stream(self, *args: Any, **kwargs: Any) -> Any:
        return _Callable(self._inner.unary_stream(*args, **kwargs), self._credentials, None)

    def stream_stream(self, *args: Any, **kwargs: Any) -> Any:
        return _Callable(self._inner.stream_stream(*args, **kwargs), self._credentials, None)

    async def __aenter__(self) -> _TokenChannel:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def close(self, grace: float | None = None) -> None:
        await self._inner.close(grace)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        return self._inner.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        await self._inner.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        await self._inner.channel_ready()
