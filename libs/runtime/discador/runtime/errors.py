"""Errors that a caller of a service may see, and how they become a gRPC status.

ServiceError                          code chosen by the raiser
├── InvalidInput      invalid-input       INVALID_ARGUMENT      the request must be changed
├── NotFound          not-found           NOT_FOUND
├── Conflict          conflict            ABORTED               read again, then decide
├── Unavailable       unavailable         UNAVAILABLE           retry later
├── Exhausted         exhausted           RESOURCE_EXHAUSTED    retry later, more slowly
├── PermissionDenied  permission-denied   PERMISSION_DENIED
├── Unauthenticated   unauthenticated     UNAUTHENTICATED
└── RemoteError       the remote's id     the remote's code     see `remote_error`

Any other exception that has a kebab-case `error_id` (the pure core's) is the caller's fault: its text is
shown, its `faults` (path, message) become violations, the code follows its `kind`. Everything else is
INTERNAL with a constant text and an incident id that is in the log: no Python text ever reaches a caller.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Final

import grpc
import redis.exceptions
from google.protobuf import duration_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2

from .log import get_logger

DOMAIN: Final = "discador"
_MAX_TEXT: Final = 1000  # gRPC carries the status in headers, which peers limit to 8 KiB
_MAX_VIOLATIONS: Final = 20
_CODE_OF_KIND: Final = {
    "precondition": grpc.StatusCode.FAILED_PRECONDITION,
    "failed-precondition": grpc.StatusCode.FAILED_PRECONDITION,
    "state": grpc.StatusCode.FAILED_PRECONDITION,
    "conflict": grpc.StatusCode.ABORTED,
    "not-found": grpc.StatusCode.NOT_FOUND,
}
_log = get_logger("errors")


class ServiceError(Exception):
    """A refusal with a stable `error_id` and a text that tells the caller what to do.

    `violations` are pairs (field, what is wrong with it); `retry_after_s` is advice in seconds.
    """

    def __init__(
        self,
        message: str,
        *,
        error_id: str,
        code: grpc.StatusCode,
        retry_after_s: float | None = None,
        violations: Iterable[tuple[str, str]] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.error_id = error_id
        self.code = code
        self.retry_after_s = retry_after_s
        self.violations = tuple(violations)


class InvalidInput(ServiceError):
    """The request is wrong whatever the state of the system."""

    def __init__(
        self, message: str, *, error_id: str = "invalid-input", violations: Iterable[tuple[str, str]] = ()
    ) -> None:
        super().__init__(message, error_id=error_id, code=grpc.StatusCode.INVALID_ARGUMENT, violations=violations)


class NotFound(ServiceError):
    """What the request names does not exist, or not for this caller."""

    def __init__(self, message: str, *, error_id: str = "not-found") -> None:
        super().__init__(message, error_id=error_id, code=grpc.StatusCode.NOT_FOUND)


class Conflict(ServiceError):
    """Somebody else changed it first: read again."""

    def __init__(self, message: str, *, error_id: str = "conflict") -> None:
        super().__init__(message, error_id=error_id, code=grpc.StatusCode.ABORTED)


class Unavailable(ServiceError):
    """Something behind the service is away; nothing was done."""

    def __init__(self, message: str, *, error_id: str = "unavailable", retry_after_s: float = 1.0) -> None:
        super().__init__(message, error_id=error_id, code=grpc.StatusCode.UNAVAILABLE, retry_after_s=retry_after_s)


class Exhausted(ServiceError):
    """A limit is reached; nothing was done."""

    def __init__(self, message: str, *, error_id: str = "exhausted", retry_after_s: float = 1.0) -> None:
        super().__init__(
            message, error_id=error_id, code=grpc.StatusCode.RESOURCE_EXHAUSTED, retry_after_s=retry_after_s
        )


class PermissionDenied(ServiceError):
    """The caller is known and may not do this."""

    def __init__(self, message: str, *, error_id: str = "permission-denied") -> None:
        super().__init__(message, error_id=error_id, code=grpc.StatusCode.PERMISSION_DENIED)


class Unauthenticated(ServiceError):
    """The caller did not prove who it is."""

    def __init__(self, message: str, *, error_id: str = "unauthenticated") -> None:
        super().__init__(message, error_id=error_id, code=grpc.StatusCode.UNAUTHENTICATED)


def as_service_error(error: BaseException, *, method: str = "") -> ServiceError:
    """Return what the caller may know about any exception; logs the ones nobody foresaw."""
    if isinstance(error, ServiceError):
        return error
    error_id = getattr(error, "error_id", None)
    if isinstance(error_id, str):
        kind = str(getattr(error, "kind", ""))
        code = _CODE_OF_KIND.get(kind, grpc.StatusCode.INVALID_ARGUMENT)
        faults = getattr(error, "faults", ())
        violations = [(f.path, f.message) for f in faults if hasattr(f, "path") and hasattr(f, "message")]
        return ServiceError(str(error), error_id=error_id, code=code, violations=violations)
    if isinstance(error, (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError)):
        _log.warning("rpc.redis_unavailable", method=method, error_type=type(error).__name__)
        return Unavailable("Redis does not answer; try again shortly", error_id="redis-unavailable")
    if isinstance(error, TimeoutError):
        return ServiceError(
            "the work did not finish in the time given",
            error_id="deadline-exceeded",
            code=grpc.StatusCode.DEADLINE_EXCEEDED,
        )
    incident = secrets.token_hex(6)
    _log.error("rpc.failed", method=method, incident=incident, error=error)
    return ServiceError(
        f"internal error; incident {incident} is in the service's log",
        error_id="internal",
        code=grpc.StatusCode.INTERNAL,
    )


def to_status(error: ServiceError) -> status_pb2.Status:
    """Encode the error as google.rpc.Status with ErrorInfo, BadRequest and RetryInfo where they apply."""
    status = status_pb2.Status(code=code_pb2.Code.Value(error.code.name), message=error.message[:_MAX_TEXT])
    status.details.add().Pack(error_details_pb2.ErrorInfo(reason=error.error_id, domain=DOMAIN))
    if error.violations:
        request = error_details_pb2.BadRequest()
        for field, description in error.violations[:_MAX_VIOLATIONS]:
            request.field_violations.add(field=field, description=description[:200])
        status.details.add().Pack(request)
    if error.retry_after_s is not None:
        delay = duration_pb2.Duration()
        delay.FromMilliseconds(max(0, round(error.retry_after_s * 1000)))
        status.details.add().Pack(error_details_pb2.RetryInfo(retry_delay=delay))
    return status
