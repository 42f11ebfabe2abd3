"""What the store and the core refuse, as a caller of the master sees it."""

from __future__ import annotations

from typing import Final

import grpc

from discador.core.errors import DomainError, InvalidNumber, InvalidSettings
from discador.runtime.errors import ServiceError
from discador.store.errors import DatabaseUnavailable, NameTaken, StoreError

_CODES: Final = {
    "not_found": grpc.StatusCode.NOT_FOUND,
    "conflict": grpc.StatusCode.ABORTED,
    "invalid": grpc.StatusCode.INVALID_ARGUMENT,
    "unavailable": grpc.StatusCode.UNAVAILABLE,
    "precondition": grpc.StatusCode.FAILED_PRECONDITION,
}


def refusal(error: StoreError | DomainError) -> ServiceError:
    """Return the error with its own `error_id` and text, and the code that its kind stands for."""
    message = str(error)
    if isinstance(error, StoreError):
        code = _CODES[error.kind]
        if isinstance(error, NameTaken) or error.error_id == "lead-exists":
            code = grpc.StatusCode.ALREADY_EXISTS
        retry_after_s = 1.0 if isinstance(error, DatabaseUnavailable) else None
        return ServiceError(message, error_id=error.error_id, code=code, retry_after_s=retry_after_s)
    violations: list[tuple[str, str]] = []
    if isinstance(error, InvalidSettings):
        violations = [(fault.path, fault.message) for fault in error.faults]
    if isinstance(error, InvalidNumber):
        violations = [("number", error.reason)]
    return ServiceError(message, error_id=error.error_id, code=_CODES[error.kind], violations=violations)
