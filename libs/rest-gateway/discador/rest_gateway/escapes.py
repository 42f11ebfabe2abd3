"""Percent-decoding of paths and queries, strict: a bad escape or text that is not UTF-8 is the client's error."""

from __future__ import annotations

import re
from typing import Final

from starlette.types import Scope

from discador.rest_gateway.errors import RequestError

_ESCAPES: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_ESCAPES_BUT_SLASH: Final = re.compile(r"(?:%(?!2[fF])[0-9A-Fa-f]{2})+")
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")


def decode(text: str, *, keep_slash: bool = False) -> str:
    """Return `text` decoded; with `keep_slash` a "%2F" stays as it is. Raises `RequestError` (400)."""
    if "%" not in text:
        return text
    if _BAD_ESCAPE.search(text):
        raise RequestError.invalid("the URL holds a '%' that begins no escape")
    try:
        return (_ESCAPES_BUT_SLASH if keep_slash else _ESCAPES).sub(_decode_run, text)
    except UnicodeDecodeError:
        raise RequestError.invalid("the URL's escapes are not UTF-8") from None


def query_pairs(query: bytes) -> list[tuple[str, str]]:
    """Return the decoded keys and values of a query string, in order; `+` is a space."""
    text = _utf8(query).replace("+", " ")
    pairs = (part.partition("=") for part in text.split("&") if part)
    return [(decode(key), decode(value)) for key, _, value in pairs]


def request_path(scope: Scope) -> str:
    """Return the undecoded path below the mount point of an ASGI `scope`; it begins with "/"."""
    raw: bytes | None = scope.get("raw_path")
    # raw_path is optional in ASGI. Without it structure and escapes can no longer be told apart.
    path = scope["path"].replace("%", "%25") if raw is None else _utf8(raw.partition(b"?")[0])
    decode(path)
    below = _below(path, scope.get("root_path", ""))
    return below if below.startswith("/") else "/" + below


def _below(path: str, root_path: str) -> str:
    """Strip `root_path`, which is decoded, from `path`, which is not."""
    if not root_path:
        return path
    longest = 3 * len(root_path.encode())  # every byte escaped
    ends = [match.start() for match in re.finditer("/", path[: longest + 1])] + [len(path)]
    return next((path[end:] for end in ends if decode(path[:end]) == root_path), path)


def _utf8(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise RequestError.invalid("the URL is not UTF-8") from None


def _decode_run(match: re.Match[str]) -> str:
    return bytes.fromhex(match[0].replace("%", "")).decode()
