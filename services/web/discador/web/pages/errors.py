"""Every failure as a page that says what happened and what to do, in the reader's language."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import grpc
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from discador.runtime.log import get_logger
from discador.runtime.remote_error import RemoteError
from discador.web.i18n.marks import N_
from discador.web.pages.caller import caller_of
from discador.web.pages.site import site_of
from discador.web.static_files import AssetsMissing

_log: Final = get_logger("pages")

TEXTS: Final[Mapping[int, tuple[str, str]]] = {
    400: (N_("The request was not understood"), N_("Go back, correct the input and send it again.")),
    403: (N_("You may not do this"), N_("Ask an administrator for the permission, or sign in as someone else.")),
    404: (N_("Nothing is here"), N_("It may have been deleted, or the address has a typing error.")),
    405: (N_("This address takes no such request"), N_("Go back and use the page's own buttons.")),
    409: (N_("It changed meanwhile"), N_("Look at the page again, then decide anew.")),
    413: (N_("The file is too large"), N_("Split the list and send the parts.")),
    429: (N_("Too many requests"), N_("Wait a moment, then try again.")),
    500: (N_("Something went wrong here"), N_("Try again. If it stays, tell an administrator the request's id.")),
    503: (
        N_("The master does not answer"),
        N_("Calls in progress go on. The page comes back by itself when the master does."),
    ),
}

_STATUS: Final[Mapping[grpc.StatusCode, int]] = {
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.OUT_OF_RANGE: 400,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.ABORTED: 409,
    grpc.StatusCode.FAILED_PRECONDITION: 409,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.DEADLINE_EXCEEDED: 503,
}


def status_of(error: RemoteError) -> int:
    """Return the HTTP status that says what the master said."""
    return _STATUS.get(error.code, 500)


async def http_error(request: Request, error: Exception) -> Response:
    """Answer 403, 404, 405 and their like."""
    assert isinstance(error, HTTPException)
    return _page(request, error.status_code, headers=error.headers)


async def refused(request: Request, error: Exception) -> Response:
    """Answer what the master refused, with its own words."""
    assert isinstance(error, RemoteError)
    status = status_of(error)
    if status >= 500:
        _log.warning("page.master_failed", error_id=error.error_id, path=request.url.path)
    return _page(request, status, error.error_id, "" if status == 503 else error.message)


async def assets_missing(request: Request, error: Exception) -> Response:
    """Without style sheets there is no page: say what to do in plain text."""
    return PlainTextResponse(str(error), 503)


async def unexpected(request: Request, error: Exception) -> Response:
    """Answer 500; the id stands in the log and on the page."""
    identity = uuid.uuid4().hex
    _log.error("page.failed", request_id=identity, path=request.url.path, exc_info=error)
    return _page(request, 500, identity=identity)


def _page(
    request: Request,
    status: int,
    error_id: str = "",
    detail: str = "",
    identity: str = "",
    headers: Mapping[str, str] | None = None,
) -> Response:
    title, advice = TEXTS.get(status, (HTTPStatus(status).phrase, ""))
    if "text/html" not in request.headers.get("accept", "text/html") and "*/*" not in request.headers["accept"]:
        return JSONResponse({"code": status, "error_id": error_id or title}, status, headers=dict(headers or {}))
    context: dict[str, Any] = {
        "status": status,
        "title": title,
        "advice": advice,
        "error_id": error_id,
        "detail": detail,
        "identity": identity or uuid.uuid4().hex,
        "anonymous": caller_of(request) is None,
    }
    response = site_of(request).renderer.page(request, "error.html", context, status)
    response.headers.update(headers or {})
    return response


HANDLERS: Final[Mapping[Any, Any]] = {
    HTTPException: http_error,
    RemoteError: refused,
    AssetsMissing: assets_missing,
    Exception: unexpected,
}
