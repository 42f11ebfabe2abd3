"""What another service answered, as an exception of this one."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final, NoReturn

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from .errors import ServiceError, as_service_error

# These say something about the call between the two services, not about the request of our own caller.
_OURS: Final = frozenset({grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.UNKNOWN})


class RemoteError(ServiceError):
    """Another service refused or did not answer. `error_id` is its own, or `remote-<code>` if it gave none."""


def remote_error(error: grpc.RpcError) -> RemoteError:
    """Read the rich status of a failed call."""
    call: Any = error  # an AioRpcError is the call too
    code: grpc.StatusCode = call.code()
    status: Any = None
    with suppress(ValueError):  # the two encodings of the status differ: not ours, so a plain error
        status = rpc_status.from_call(call)
    error_id = f"remote-{code.name.lower().replace('_', '-')}"
    if status is None:
        # The text was written by a library and may name addresses.
        text = f"the other service answered {code.name} without saying why"
        return RemoteError(text, error_id=error_id, code=code)
    retry_after_s = None
    violations: list[tuple[str, str]] = []
    for detail in status.details:
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            info = error_details_pb2.ErrorInfo()
            detail.Unpack(info)
            error_id = info.reason
        elif detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR):
            retry = error_details_pb2.RetryInfo()
            detail.Unpack(retry)
            retry_after_s = retry.retry_delay.ToMilliseconds() / 1000
        elif detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
            bad = error_details_pb2.BadRequest()
            detail.Unpack(bad)
            violations = [(item.field, item.description) for item in bad.field_violations]
    return RemoteError(status.message, error_id=error_id, code=code, retry_after_s=retry_after_s, violations=violations)


def raise_rich(error: grpc.RpcError) -> NoReturn:
    """Raise the `RemoteError` of a failed call."""
    raise remote_error(error) from error


def explained(error: Exception, *, method: str) -> ServiceError:
    """As `as_service_error`, for a handler that may have called other services without catching their refusals.

    A refusal is passed on as it was, but for those that mean this service called wrongly: they are INTERNAL.
    """
    known: Exception = remote_error(error) if isinstance(error, grpc.RpcError) else error
    if isinstance(known, RemoteError) and known.code in _OURS:
        return as_service_error(
            RuntimeError(f"another service answered {known.code.name}: {known.message}"), method=method
        )
    return as_service_error(known, method=method)
