"""From a page of accounts to the master, for whoever asks; and what it refused, as the form shows it."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from discador.core.identity import Permission
from discador.runtime.remote_error import RemoteError
from discador.v1 import audit_pb2, audit_pb2_grpc, identity_pb2_grpc
from discador.web.auth.authentication import address_of, doors_of
from discador.web.pages.caller import caller_of
from discador.web.pages.errors import status_of
from discador.web.pages.site import site_of

#: Permissions as a form offers them, in the order of the matrix.
PERMISSIONS = tuple(permission.value for permission in Permission)


async def ask_users(request: Request, method: str, message: Any) -> Any:
    """Call UserService. Raises `RemoteError`."""
    return await _ask(request, identity_pb2_grpc.UserServiceStub, method, message)


async def ask_tokens(request: Request, method: str, message: Any) -> Any:
    """Call TokenService. Raises `RemoteError`."""
    return await _ask(request, identity_pb2_grpc.TokenServiceStub, method, message)


async def ask_audit(request: Request, method: str, message: Any) -> Any:
    """Call AuditService. Raises `RemoteError`."""
    return await _ask(request, audit_pb2_grpc.AuditServiceStub, method, message)


async def record(request: Request, action: str, what: str) -> None:
    """Record what is done in this service alone. Raises `RemoteError`."""
    caller = caller_of(request)
    message = audit_pb2.RecordAuditRequest(
        actor=caller.title if caller else "nobody",
        user_id=caller.id if caller else 0,
        address=address_of(request.scope),
        action=action,
        object=what,
    )
    stub = audit_pb2_grpc.AuditServiceStub
    await doors_of(request).identities.ask_as((), stub, "RecordAudit", message)


def page(request: Request, name: str, context: dict[str, Any], error: RemoteError | None = None) -> Response:
    """Return a page of `templates/auth`; with a refusal it shows its faults at the fields and has its status.

    Raises the refusal again where no correction of the form helps.
    """
    errors: dict[str, str] = {}
    status = 200
    if error is not None:
        status = status_of(error)
        if status in (403, 500, 503):
            raise error
        errors = {path.rpartition(".")[2]: text for path, text in error.violations}
    full = {"errors": errors, "message": error.message if error and not errors else "", **context}
    return site_of(request).renderer.page(request, f"auth/{name}.html", full, status)


async def _ask(request: Request, stub: Any, method: str, message: Any) -> Any:
    return await doors_of(request).identities.ask_as(request.state.rpc_metadata, stub, method, message)
