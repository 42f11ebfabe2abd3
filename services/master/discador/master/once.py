"""Requests that may be repeated: the first answer is kept in the transaction that has the effect."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

from google.protobuf.message import Message

from discador.runtime.errors import InvalidInput
from discador.store import Store

M = TypeVar("M", bound=Message)
_REQUEST_ID: Final = re.compile(r"[!-~]{1,128}", re.ASCII)


def answered_once(store: Store, request: Message, response: type[M], work: Callable[[], M]) -> M:
    """Return the answer of `work`, or the one that this request got before. Blocking.

    It is one transaction. A request without an id is done each time. The fingerprint is of
    the whole request but its id, so one id for two requests is refused (`request-id-reused`).
    """
    request_id = str(getattr(request, "request_id", ""))
    if request_id and _REQUEST_ID.fullmatch(request_id) is None:
        fault = "must be 1 to 128 printable ASCII characters without blanks, a UUID for example"
        raise InvalidInput(f"request_id {fault}", error_id="request-id-invalid", violations=[("request_id", fault)])
    method = request.DESCRIPTOR.full_name
    kept = store.requests.once(
        request_id,
        method,
        _fingerprint(request) if request_id else b"",
        lambda: work().SerializeToString(deterministic=True),
    )
    return response.FromString(kept)


def _fingerprint(request: Message) -> bytes:
    bare: Any = type(request)()
    bare.CopyFrom(request)
    bare.ClearField("request_id")
    return hashlib.sha256(bare.SerializeToString(deterministic=True)).digest()
