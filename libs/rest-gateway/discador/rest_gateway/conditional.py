"""Conditional requests over a string field `etag`: ETag, If-None-Match and If-Match."""

from __future__ import annotations

import re
from typing import Any, Final

from discador.rest_gateway.bindings import Binding
from discador.rest_gateway.errors import RequestError
from discador.rest_gateway.schema import is_singular_string

_FIELD: Final = "etag"
_TAG: Final = re.compile(r"[\x21\x23-\x7e]+")
_STRONG: Final = re.compile(r'"([\x21\x23-\x7e]+)"')
_LISTED: Final = re.compile(r'(?:W/)?"([^"]*)"')


def etag_of(printed: Any) -> str | None:
    """Return the `ETag` header of an answered message; None where its `etag` cannot be one."""
    if printed is None or not is_singular_string(printed.DESCRIPTOR.fields_by_name.get(_FIELD)):
        return None
    return f'"{printed.etag}"' if _TAG.fullmatch(printed.etag) else None


def is_unchanged(etag: str | None, if_none_match: str | None) -> bool:
    """True where the client holds this very version: the answer is 304 (weak comparison, RFC 9110 §13.1.2)."""
    if etag is None or if_none_match is None:
        return False
    return if_none_match.strip() == "*" or etag.strip('"') in _LISTED.findall(if_none_match)


def apply_if_match(binding: Binding, message: Any, if_match: str | None) -> None:
    """Hand the version the client expects to the service, in `etag` of the request or of its body's message.

    Raises `RequestError` (400) where nothing can check it: a precondition is never silently dropped.
    """
    if if_match is None or if_match.strip() == "*" or binding.http_method in ("GET", "HEAD"):
        return
    found = _STRONG.fullmatch(if_match.strip())
    if not found:
        raise RequestError.invalid("must be one strong entity tag", "If-Match")
    holders = [message]
    if binding.body_field is not None and binding.body_type is not None:
        holders.append(getattr(message, binding.body_field.name))
    for holder in holders:
        if is_singular_string(holder.DESCRIPTOR.fields_by_name.get(_FIELD)):
            if holder.etag not in ("", found[1]):
                raise RequestError.invalid("the request's own etag differs", "If-Match")
            holder.etag = found[1]
            return
    raise RequestError.invalid("this method knows no versions", "If-Match")
