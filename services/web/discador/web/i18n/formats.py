"""Numbers, moments and spans as people of one language and zone write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers
from google.protobuf.timestamp_pb2 import Timestamp
from markupsafe import Markup

NOTHING = "—"


def moment_of(value: Any) -> datetime | None:
    """Return an aware moment; None for an empty protobuf timestamp."""
    if isinstance(value, Timestamp):
        return value.ToDatetime(UTC) if value.seconds or value.nanos else None
    return value if isinstance(value, datetime) else None


class Formats:
    """Formatting for one locale, in one zone."""

    def __init__(self, locale: str, zone: ZoneInfo) -> None:
        self.locale = Locale.parse(locale)
        self.zone = zone

    def number(self, value: float, digits: int = 0) -> str:
        """Return `1.234,5`, with at most so many decimals."""
        pattern = "#,##0" + ("." + "#" * digits if digits else "")
        return str(numbers.format_decimal(value, format=pattern, locale=self.locale))

    def percent(self, part: float, whole: float) -> str:
        """Return `part` of `whole` in percent; a dash where there is no whole."""
        return str(numbers.format_percent(part / whole, format="#,##0.0 %", locale=self.locale)) if whole else NOTHING

    def bytes(self, value: float) -> str:
        """Return a size with a binary unit."""
        for unit in ("B", "KiB", "MiB", "GiB"):
            if value < 1024 or unit == "GiB":
                return f"{self.number(value, 1 if unit != 'B' else 0)} {unit}"
            value /= 1024
        raise AssertionError("the last unit takes everything")

    def moment(self, value: Any) -> Markup | str:
        """Return date and time in the user's zone, as a `<time>` element; a dash for none."""
        at = moment_of(value)
        if at is None:
            return NOTHING
        return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), self.text(at))

    def clock(self, value: Any) -> Markup | str:
        """Return the time of day only."""
        at = moment_of(value)
        if at is None:
            return NOTHING
        shown = dates.format_time(at, "HH:mm:ss", tzinfo=self.zone, locale=self.locale)
        return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), shown)

    def ago(self, value: Any, now: datetime | None = None) -> Markup | str:
        """Return how long ago it was, with the moment itself as its title; a dash for none."""
        at = moment_of(value)
        if at is None:
            return NOTHING
        span = self.span(((now or datetime.now(UTC)) - at).total_seconds())
        return Markup('<time datetime="{}" title="{}">{}</time>').format(at.isoformat(), self.text(at), span)

    def span(self, seconds: float) -> str:
        """Return a span in its two largest units, such as `2 h 5 min`."""
        rest = max(0, int(seconds))
        parts = []
        for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
            count, rest = divmod(rest, size)
            if count:
                parts.append(f"{count} {unit}")
            elif parts:
                break
            if len(parts) == 2:
                break
        return " ".join(parts) or "0 s"

    def between(self, start: Any, end: Any) -> str:
        """Return the span between two moments as `m:ss`; a dash unless both are known."""
        first, last = moment_of(start), moment_of(end)
        if first is None or last is None:
            return NOTHING
        seconds = max(timedelta(), last - first).total_seconds()
        return f"{int(seconds // 60)}:{int(seconds % 60):02d}"

    def weekday(self, number: int) -> str:
        """Return the short name of a day, 0 for Monday."""
        names = dates.get_day_names("abbreviated", locale=self.locale)
        return str(names[number])

    def text(self, at: datetime) -> str:
        """Return date and time in the user's zone."""
        return f"{dates.format_date(at.astimezone(self.zone), 'short', self.locale)} " + dates.format_time(
            at, "HH:mm:ss", tzinfo=self.zone, locale=self.locale
        )
