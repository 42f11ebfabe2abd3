"""IANA time zones by name, looked up once each."""

from __future__ import annotations

from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@cache
def find_zone(name: str) -> ZoneInfo | None:
    """Return the zone called `name`, or None if the time zone database has none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # ValueError: not a name at all ("../x"); OSError: a directory of the database ("America").
        return None
