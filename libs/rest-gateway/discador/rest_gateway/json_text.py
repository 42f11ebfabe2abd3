"""JSON text to Python values, strict: what `json` lets pass and ProtoJSON does not is refused here."""

from __future__ import annotations

import json
import math
from typing import Any, Final

from discador.rest_gateway.errors import RequestError

MAX_DEPTH: Final = 100


def load(text: bytes) -> Any:
    """Return the one JSON value in `text`.

    Raises `RequestError` (400) for bad UTF-8, trailing data, duplicate keys, NaN and infinities, lone
    surrogates and nesting deeper than `MAX_DEPTH`.
    """
    try:
        value = json.loads(text.decode(), object_pairs_hook=_object, parse_constant=_no_constant, parse_float=_finite)
    except RequestError:
        raise
    except RecursionError:
        raise _too_deep() from None
    except ValueError:  # JSONDecodeError, UnicodeDecodeError, an integer of thousands of digits
        raise RequestError.invalid("the body is no JSON text in UTF-8") from None
    _check(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise RequestError.invalid("the body holds a key twice: " + ascii(key))
        found[key] = value
    return found


def _check(root: Any) -> None:
    level, depth = [root], 0
    while level:
        depth += 1
        below: list[Any] = []
        for value in level:
            if isinstance(value, str):
                _check_text(value)
            elif isinstance(value, dict):
                for key in value:
                    _check_text(key)
                below += value.values()
            elif isinstance(value, list):
                below += value
        # Scalars at the bottom do not nest: MAX_DEPTH counts objects and lists.
        if depth > MAX_DEPTH and any(isinstance(value, dict | list) for value in level):
            raise _too_deep()
        level = below


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise RequestError.invalid("the body holds half a surrogate pair") from None


def _no_constant(name: str) -> Any:
    raise RequestError.invalid(f"the body holds {name}, which is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise RequestError.invalid("the body holds a number too large for a double")
    return number


def _too_deep() -> RequestError:
    return RequestError.invalid(f"the body nests deeper than {MAX_DEPTH}")
