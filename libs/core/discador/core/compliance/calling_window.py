"""When a number may be called: weekly spans and holidays, in the local time of the person called.

Where a number may lie in several zones, all of them must be inside (compliance.md §3.5). Pure, and right on
the days when clocks change: a span means what the clock on the wall shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from discador.core.compliance.holidays import CALENDARS
from discador.core.compliance.opening import first_opening
from discador.core.compliance.span import WindowSpan
from discador.core.compliance.zone import find_zone
from discador.core.errors import Fault, InvalidSettings
from discador.core.json_reader import JsonReader, read_object

#: How far ahead an opening is looked for.
HORIZON_DAYS: Final = 366


@dataclass(frozen=True, slots=True)
class CallingWindow:
    """Spans of local time in which calls are allowed; nothing is allowed on a holiday.

    Raises:
        InvalidSettings: no span, or a calendar that does not exist.
    """

    spans: tuple[WindowSpan, ...] = ()
    holidays: frozenset[date] = field(default_factory=frozenset)  #: local dates without calls
    calendar: str = ""  #: holidays of a jurisdiction besides those (`CALENDARS`); empty: none
    always: bool = False  #: calls are allowed at any time; the other fields do not count

    def __post_init__(self) -> None:
        faults = []
        if not self.spans and not self.always:
            faults.append(Fault("spans", "must hold at least one span, or set always"))
        if self.calendar and self.calendar not in CALENDARS:
            faults.append(Fault("calendar", f"must be empty or one of {', '.join(CALENDARS)}"))
        if faults:
            raise InvalidSettings(tuple(faults))

    def is_open_at(self, local: datetime) -> bool:
        """Tell whether the window is open when the clock on the wall shows `local`."""
        if self.always:
            return True
        day = local.date()
        return not self.is_holiday(day) and any(
            span.holds(day.isoweekday(), local.hour * 60 + local.minute) for span in self.spans
        )

    def is_holiday(self, day: date) -> bool:
        """Tell whether nothing may be dialled on the local date `day`."""
        return day in self.holidays or (self.calendar in CALENDARS and CALENDARS[self.calendar].holds(day))

    def to_json(self) -> dict[str, Any]:
        """Return the window as a JSON object; `from_json` reads it back to an equal window."""
        return {
            "spans": [span.to_json() for span in self.spans],
            "holidays": sorted(day.isoformat() for day in self.holidays),
            "calendar": self.calendar,
            "always": self.always,
        }

    @classmethod
    def from_json(cls, document: str | Mapping[str, Any]) -> CallingWindow:
        """Return the window written in `document`.

        Raises:
            InvalidSettings: unknown keys, wrong types, impossible spans; all faults together.
        """
        return read_object(document, cls.read)

    @classmethod
    def read(cls, reader: JsonReader) -> CallingWindow:
        """Return the window that `reader` stands on."""
        before = len(reader.faults)
        spans = tuple(
            reader.built(f"spans[{n}]", item, None, WindowSpan.read) for n, item in enumerate(reader.items("spans"))
        )
        holidays = reader.dates("holidays")
        calendar = reader.text("calendar", "")
        always = reader.boolean("always", False)
        unreadable = len(reader.faults) > before
        return cls(
            spans=tuple(span for span in spans if span is not None),
            holidays=holidays,
            calendar=calendar,
            # Spans that could not be read are faults already; do not report their absence as well.
            always=always or unreadable,
        )


#: For tests, demonstrations, and purposes that the law exempts.
ALWAYS_OPEN: Final = CallingWindow(always=True)

_WEEKDAYS: Final = frozenset({1, 2, 3, 4, 5})

#: Brazil: 9 to 21 h on weekdays, 10 to 16 h on Saturday, never on Sunday or a national holiday.
#: Source: telecom conduct code of 2019 (SART), version 2019-09; compliance.md §3.3: a good default for all.
BR_DEFAULT: Final = CallingWindow(
    spans=(
        WindowSpan(_WEEKDAYS, opens=9 * 60, closes=21 * 60),
        WindowSpan(frozenset({6}), opens=10 * 60, closes=16 * 60),
    ),
    calendar="br",
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a call is allowed; if not, why, and when it will be (None: not within a year, or unknown)."""

    open: bool
    reason: str
    opens_at: datetime | None


def may_dial(window: CallingWindow, zones: Iterable[str], at: datetime) -> Verdict:
    """Tell whether a number that may lie in any of `zones` (IANA names) may be called at `at` (aware).

    Fails closed: without a zone, or with one that the time zone database does not know, nothing is dialled.
    """
    if window.always:
        return Verdict(True, "always open", None)
    names = tuple(zones)
    known = [zone for name in names if (zone := find_zone(name)) is not None]
    if not names or len(known) < len(names):
        unknown = ", ".join(name for name in names if find_zone(name) is None)
        return Verdict(False, f"time zone unknown: {unknown or 'none is given'}", None)
    for zone in known:
        local = at.astimezone(zone)
        if not window.is_open_at(local):
            why = "a holiday" if window.is_holiday(local.date()) else "outside the calling window"
            reason = f"{why} in {zone.key}, where it is {local:%a %H:%M}"
            return Verdict(False, reason, _opening(window, known, at))
    return Verdict(True, "inside the calling window", None)


def next_opening(window: CallingWindow, zones: Iterable[str], at: datetime) -> datetime | None:
    """Return the first instant from `at` on at which `may_dial` says yes; None: not within a year."""
    verdict = may_dial(window, zones, at)
    return at if verdict.open else verdict.opens_at


def _opening(window: CallingWindow, zones: list[ZoneInfo], at: datetime) -> datetime | None:
    """Return the first instant after `at` that is inside in every zone."""
    horizon = at + timedelta(days=HORIZON_DAYS)
    moment: datetime | None = at
    while moment is not None and moment <= horizon:
        shut = [zone for zone in zones if not window.is_open_at(moment.astimezone(zone))]
        if not shut:
            return moment
        moment = first_opening(window.is_open_at, window.spans, shut[0], moment, horizon)
    return None
