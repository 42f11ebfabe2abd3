"""Names in Redis. Every key of Discador begins with `discador:`."""

from __future__ import annotations

from typing import Final

PREFIX: Final = "discador"


def key(*parts: str) -> str:
    """Join the parts under the prefix: `key("lease", "leader")` → `discador:lease:leader`."""
    if not parts or not all(parts):
        raise ValueError("a key needs parts, none of them empty")
    return ":".join((PREFIX, *parts))


def lease(name: str) -> str:
    """Who holds the lease."""
    return key("lease", name)


def fence(name: str) -> str:
    """The last fencing number given out with the lease."""
    return key("fence", name)


def bucket(name: str) -> str:
    """The state of one rate limit."""
    return key("bucket", name)


def presence(service: str, instance: str) -> str:
    """The heartbeat of one process."""
    return key("presence", service, instance)


def presence_index() -> str:
    """The set of presence keys."""
    return key("presence")


def dead(stream: str) -> str:
    """The stream of entries that were delivered too often, beside a work stream."""
    return f"{stream}:dead"
