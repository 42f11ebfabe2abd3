"""Errors, from a gRPC status to the HTTP answer.

RequestError        the gateway, or the mounting app's metadata hook, refuses a request
ClientLeft          the client hung up: nobody is left to answer

Every error body is `{"code", "message", "details"}`, a `google.rpc.Status` in JSON. Text of the
programs behind is never shown: the message of UNKNOWN, INTERNAL and DATA_LOSS, and what a channel says
of its peer's address, are replaced by a constant that carries an id; the log has the original under it.
What a service answers keeps the details that it has; an error of the gateway's own, or one whose text is replaced,
gets a `google.rpc.ErrorInfo` with one of `REASONS`.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import grpc
from google.rpc import error_details_pb2, status_pb2

logger = logging.getLogger(__name__)

HTTP_STATUS: Final = {
    1: 499, 2: 500, 3: 400, 4: 504, 5: 404, 6: 409, 7: 403, 8: 429,
    9: 400, 10: 409, 11: 400, 12: 501, 13: 500, 14: 503, 15: 500, 16: 401,
}  # fmt: skip
DOMAIN: Final = "rest-gateway"
#: By HTTP status: the reason of an error that has none of a service.
REASONS: Final = {
    400: "request-invalid", 401: "unauthenticated", 403: "permission-denied", 404: "path-not-found",
    405: "method-not-allowed", 413: "body-too-large", 415: "content-type-unsupported", 429: "too-many-requests",
    500: "internal-error", 503: "service-unavailable", 504: "deadline-exceeded",
}  # fmt: skip
TYPE_PREFIX: Final = "type.googleapis.com/"

_WITHHELD_CODES: Final = frozenset({2, 13, 15})
_CHANNEL_TEXT: Final = re.compile(
    r"failed to connect|ipv[46]:|unix:|dns resolution|socket closed|connection (?:reset|refused)|GOAWAY", re.IGNORECASE
)
_STATUS_DETAILS: Final = "grpc-status-details-bin"

Json = dict[str, Any]


class ClientLeft(Exception):
    """The client closed its connection; the RPC has been cancelled."""


class RequestError(Exception):
    """A request is refused with a gRPC `code`; raise it in a metadata hook to refuse a caller there.

    `http_status` stands in for the status the code maps to. `headers` are added to the answer.
    """

    error_id = "rest-request-refused"

    def __init__(
        self,
        code: int,
        message: str,
        *,
        details: Sequence[Json] = (),
        http_status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = list(details)
        self.http_status = http_status
        self.headers = dict(headers or {})

    @classmethod
    def invalid(cls, message: str, field_path: str = "") -> RequestError:
        """INVALID_ARGUMENT; with `field_path`, a `BadRequest` detail names the field."""
        if not field_path:
            return cls(3, message)
        violation = {"field": field_path, "description": message}
        detail = {"@type": TYPE_PREFIX + "google.rpc.BadRequest", "fieldViolations": [violation]}
        return cls(3, f"{field_path}: {message}", details=[detail])


@dataclass(frozen=True, slots=True)
class HttpError:
    """What the client gets: `body` is the Status in JSON."""

    status: int
    body: Json
    headers: Mapping[str, str] = field(default_factory=dict)


def from_request_error(error: RequestError, www_authenticate: str) -> HttpError:
    status = error.http_status or HTTP_STATUS.get(error.code, 500)
    headers = {**_auth(error.code, www_authenticate), **error.headers}
    body = {"code": error.code, "message": error.message, "details": _with_reason(error.details, status)}
    return HttpError(status, body, headers)


def from_rpc_error(error: grpc.aio.AioRpcError, print_any: Callable[[Any], Json], auth: str) -> HttpError:
    """Map the end of an RPC; `print_any` renders one `google.protobuf.Any`, known or not."""
    code = int(error.code().value[0])
    code = code if code in HTTP_STATUS else 2
    message = error.details() or ""
    if code in _WITHHELD_CODES or (code == 14 and _CHANNEL_TEXT.search(message)):
        message = withheld(f"status {code}: {message}", "service unavailable" if code == 14 else "internal error")
    details, headers = [], _auth(code, auth)
    for detail in _details(error, code):
        if detail.Is(error_details_pb2.DebugInfo.DESCRIPTOR):
            continue  # a stack trace is for the log of the service
        retry = error_details_pb2.RetryInfo()
        if detail.Is(retry.DESCRIPTOR) and detail.Unpack(retry):
            delay = retry.retry_delay
            headers["Retry-After"] = str(max(0, delay.seconds + (delay.nanos > 0)))
        details.append(print_any(detail))
    status = HTTP_STATUS[code]
    if message != error.details():
        details = _with_reason(details, status)
    return HttpError(status, {"code": code, "message": message, "details": details}, headers)


def internal_error(reason: str, *, log_traceback: bool = False) -> HttpError:
    """The gateway itself failed, or was given an answer it cannot print."""
    message = withheld(reason, "internal error", log_traceback=log_traceback)
    return HttpError(500, {"code": 13, "message": message, "details": _with_reason([], 500)})


def withheld(original: str, shown: str, *, log_traceback: bool = False) -> str:
    """Log `original` under a new id, and return the constant `shown` with that id."""
    incident = secrets.token_hex(6)
    extra = {"action": "rest_error_withheld", "incident": incident}
    logger.error("error withheld from the client [%s]: %s", incident, original, extra=extra, exc_info=log_traceback)
    return f"{shown} (id {incident})"


def _with_reason(details: Sequence[Json], status: int) -> list[Json]:
    kind = TYPE_PREFIX + error_details_pb2.ErrorInfo.DESCRIPTOR.full_name
    if any(detail["@type"] == kind for detail in details):
        return list(details)
    reason = REASONS.get(status, "request-refused")
    return [*details, {"@type": kind, "reason": reason, "domain": DOMAIN, "metadata": {}}]


def _details(error: grpc.aio.AioRpcError, code: int) -> Sequence[Any]:
    for key, value in error.trailing_metadata() or ():
        if key == _STATUS_DETAILS and isinstance(value, bytes):
            try:
                status = status_pb2.Status.FromString(value)
            except Exception:  # protobuf's DecodeError: details that cannot be read are not worth an error
                return ()
            return status.details if status.code == code else ()
    return ()


def _auth(code: int, www_authenticate: str) -> dict[str, str]:
    return {"WWW-Authenticate": www_authenticate} if code == 16 else {}
