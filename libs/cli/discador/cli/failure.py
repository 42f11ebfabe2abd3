"""What a command says when it cannot do what was asked, and the exit code that goes with it.

Failure
├── NotFound        3
├── Unreachable     4   the master does not answer
└── NotNow          5   not possible in the present state
"""

from __future__ import annotations

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status


class Failure(Exception):
    """Refused or failed: `error_id` is stable, the message says what to do."""

    exit_code = 1

    def __init__(self, message: str, error_id: str = "failed", details: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.error_id = error_id
        self.details = details


class NotFound(Failure):
    """What was named does not exist."""

    exit_code = 3


class Unreachable(Failure):
    """The master does not answer."""

    exit_code = 4


class NotNow(Failure):
    """The present state does not allow it."""

    exit_code = 5


_KINDS = {
    grpc.StatusCode.NOT_FOUND: NotFound,
    grpc.StatusCode.UNAVAILABLE: Unreachable,
    grpc.StatusCode.DEADLINE_EXCEEDED: Unreachable,
    grpc.StatusCode.FAILED_PRECONDITION: NotNow,
    grpc.StatusCode.ABORTED: NotNow,
    grpc.StatusCode.ALREADY_EXISTS: NotNow,
}


def from_rpc(error: grpc.RpcError, address: str) -> Failure:
    """Return the failure that a failed RPC means, with the server's error id and field violations."""
    code = error.code()
    kind = _KINDS.get(code, Failure)
    message, error_id, details = error.details() or code.name, code.name.lower().replace("_", "-"), []
    status = rpc_status.from_call(error)
    for packed in status.details if status else ():
        info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        if packed.Unpack(info):
            error_id = info.reason
        elif packed.Unpack(bad):
            details += [f"{violation.field}: {violation.description}" for violation in bad.field_violations]
    if kind is Unreachable and status is None:
        message = f"The master at {address} does not answer ({code.name}). Is it running? `discador up` starts it."
        error_id = "master-unreachable"
    return kind(message, error_id, tuple(details))
