"""Turn the text of an environment variable into a value.

Each parser takes the text and returns the value, or raises `ValueError` with a sentence that says
what would have been right. No parser repeats the text it was given: it may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlsplit

_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Address(NamedTuple):
    """A TCP address as gRPC and asyncio want it."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def text(value: str) -> str:
    """Any text, as it is."""
    return value


def integer(low: int | None = None, high: int | None = None) -> Callable[[str], int]:
    """A whole number, both limits included."""

    def parse(value: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", value):
            raise ValueError("must be a whole number")
        number = int(value)
        if low is not None and number < low:
            raise ValueError(f"must be at least {low}")
        if high is not None and number > high:
            raise ValueError(f"must be at most {high}")
        return number

    return parse


def number(low: float | None = None, high: float | None = None) -> Callable[[str], float]:
    """A decimal number with a point, both limits included."""

    def parse(value: str) -> float:
        if not re.fullmatch(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?", value):
            raise ValueError("must be a number such as 2.5")
        amount = float(value)
        if low is not None and amount < low:
            raise ValueError(f"must be at least {low}")
        if high is not None and amount > high:
            raise ValueError(f"must be at most {high}")
        return amount

    return parse


def duration(value: str) -> float:
    """A duration with its unit (`250ms`, `5s`, `1.5m`, `2h`, `1d`), in seconds. A bare number is refused."""
    found = _DURATION.fullmatch(value.strip())
    if not found:
        raise ValueError("must be a duration with its unit, such as 250ms, 5s, 2m or 1h")
    return float(found[1]) * _SECONDS[found[2]]


def boolean(value: str) -> bool:
    """`true`/`false`, `yes`/`no`, `on`/`off`, `1`/`0`, in any case."""
    lowered = value.strip().lower()
    if lowered in {"true", "yes", "on", "1"}:
        return True
    if lowered in {"false", "no", "off", "0"}:
        return False
    raise ValueError("must be true or false")


def csv(value: str) -> tuple[str, ...]:
    """Words between commas; blanks around them and empty words are dropped."""
    return tuple(word for word in (part.strip() for part in value.split(",")) if word)


def choice(*options: str) -> Callable[[str], str]:
    """One of the given words, in any case."""

    def parse(value: str) -> str:
        lowered = value.strip().lower()
        if lowered not in options:
            raise ValueError("must be one of " + ", ".join(options))
        return lowered

    return parse


def host_port(value: str) -> Address:
    """`host:port` or `[ipv6]:port`; port 0 asks the system for a free one."""
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:\[\]/]+)):([0-9]{1,5})", value.strip())
    if not found or int(found[3]) > 65535:
        raise ValueError("must be host:port, such as 127.0.0.1:50051")
    return Address(found[1] or found[2], int(found[3]))


def url(*schemes: str) -> Callable[[str], str]:
    """An absolute URL of one of the given schemes (`mysql+pymysql`, `redis`, …)."""

    def parse(value: str) -> str:
        try:
            parts = urlsplit(value.strip())
            parts.port  # noqa: B018 - reading it checks it
        except ValueError:
            raise ValueError("must be a URL") from None
        if parts.scheme not in schemes:
            raise ValueError("must be a URL that begins with " + " or ".join(f"{name}://" for name in schemes))
        if not parts.netloc and not parts.path:
            raise ValueError("must be a URL with a host or a path")
        return value.strip()

    return parse
