"""The next instant at which a weekly span opens in one zone, clock changes included."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from discador.core.compliance.span import MINUTES_A_DAY, WindowSpan


def first_opening(
    is_open_at: Callable[[datetime], bool],
    spans: Iterable[WindowSpan],
    zone: ZoneInfo,
    after: datetime,
    horizon: datetime,
) -> datetime | None:
    """Return the first instant after `after`, where it is shut, at which the wall clock of `zone` is inside.

    A window opens when a span begins, or when the clock jumps into one; nowhere else.
    """
    opens = sorted({span.opens for span in spans})
    # A day earlier, since the jump may lie just before local midnight.
    day = after.astimezone(zone).date() - timedelta(days=1)
    last = horizon.astimezone(zone).date()
    while day <= last:
        found = [
            moment for moment in _candidates(day, opens, zone) if moment > after and is_open_at(moment.astimezone(zone))
        ]
        if found:
            return min(found)
        day += timedelta(days=1)
    return None


def _candidates(day: date, opens: list[int], zone: ZoneInfo) -> Iterator[datetime]:
    for minute in opens:
        # fold=1: where the clock is put back, the minute comes twice.
        local = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone)
        yield local.astimezone(UTC)
        yield local.replace(fold=1).astimezone(UTC)
    start = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    jump = _clock_change(zone, start, start + timedelta(minutes=MINUTES_A_DAY))
    if jump is not None:
        yield jump


def _clock_change(zone: ZoneInfo, start: datetime, end: datetime) -> datetime | None:
    """Return the first instant, to the second, of a new offset between `start` and `end`, if there is one."""
    if _offset(zone, start) == _offset(zone, end):
        return None
    while end - start > timedelta(seconds=1):
        middle = start + (end - start) // 2
        middle = middle.replace(microsecond=0)
        if _offset(zone, middle) == _offset(zone, start):
            start = middle
        else:
            end = middle
    return end


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()
