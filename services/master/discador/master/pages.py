"""Pages by key: an opaque token that says where the page before ended, bound to what was asked.

The token is no secret, and a forged one reads nothing that its caller may not read. Its digest tells a token
that belongs to another filter, or was cut, from a good one.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from discador.runtime.errors import InvalidInput

DEFAULT_SIZE: Final = 50
MAX_SIZE: Final = 200
_DIGEST_BYTES: Final = 6
T = TypeVar("T")


def page_size(asked: int) -> int:
    """Return how many entries a page gets: 50 if nothing was asked, at most 200.

    Raises:
        InvalidInput: a negative size.
    """
    if asked < 0:
        raise InvalidInput(
            "page_size must not be negative",
            error_id="page-size-invalid",
            violations=[("page_size", "must not be negative")],
        )
    return min(asked or DEFAULT_SIZE, MAX_SIZE)


def encode(key: int | str, *question: object) -> str:
    """Return the token of the page behind `key`, for the same question only (method and filters)."""
    body = json.dumps(key).encode()
    return base64.urlsafe_b64encode(_digest(body, question) + body).rstrip(b"=").decode()


def decode(token: str, kind: type[T], *question: object) -> T | None:
    """Return the key behind which the page begins; None for the first page.

    Raises:
        InvalidInput: not a token of ours, or of another question (`page-token-invalid`).
    """
    if not token:
        return None
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        body = raw[_DIGEST_BYTES:]
        key = json.loads(body) if raw[:_DIGEST_BYTES] == _digest(body, question) else None
    except ValueError:
        key = None
    if not isinstance(key, kind) or isinstance(key, bool):
        message = "take page_token from next_page_token, with the same filters; leave it out for the first page"
        raise InvalidInput(message, error_id="page-token-invalid", violations=[("page_token", message)])
    return key


def next_token(found: Sequence[T], size: int, key_of: Callable[[T], int | str], *question: object) -> str:
    """Return the token of the next page; `found` holds one entry more than the page if there is one."""
    return encode(key_of(found[size - 1]), *question) if len(found) > size else ""


def _digest(body: bytes, question: tuple[object, ...]) -> bytes:
    told = "\0".join(str(part) for part in question).encode()
    return hashlib.sha256(body + b"\0" + told).digest()[:_DIGEST_BYTES]
