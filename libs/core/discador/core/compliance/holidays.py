"""National holidays as data: jurisdiction, version, source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final


@dataclass(frozen=True, slots=True)
class HolidayCalendar:
    """The days of each year on which a jurisdiction rests."""

    id: str
    version: str  #: date of the last change to the rule
    source: str
    fixed: frozenset[tuple[int, int]]  #: (month, day)
    after_easter: frozenset[int]  #: days after Easter Sunday; negative: before it

    def holds(self, day: date) -> bool:
        """Tell whether `day` is a holiday."""
        if (day.month, day.day) in self.fixed:
            return True
        return (day - easter_sunday(day.year)).days in self.after_easter


def easter_sunday(year: int) -> date:
    """Return Easter Sunday of a Gregorian year (Meeus, Astronomical Algorithms, chapter 8)."""
    century, year_of_century = divmod(year, 100)
    golden = year % 19
    leaps, leaps_rest = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leaps - correction + 15) % 30
    quarter, rest = divmod(year_of_century, 4)
    weekday = (32 + 2 * leaps_rest + 2 * quarter - epact - rest) % 7
    shift = (golden + 11 * epact + 22 * weekday) // 451
    march = epact + weekday - 7 * shift + 22
    return date(year, 3, 1) + timedelta(days=march - 1)


BR: Final = HolidayCalendar(
    id="br",
    version="2023-12-21",
    source=(
        "Leis 662/1949 and 10.607/2002 (1 Jan, 21 Apr, 1 May, 7 Sep, 2 Nov, 15 Nov, 25 Dec), "
        "6.802/1980 (12 Oct), 14.759/2023 (20 Nov); Good Friday: Lei 9.093/1995 and the yearly federal list"
    ),
    fixed=frozenset(
        {(1, 1), (4, 21), (5, 1), (9, 7), (10, 12), (11, 2), (11, 15), (11, 20), (12, 25)},
    ),
    after_easter=frozenset({-2}),
)

#: Calendars that a calling window can name.
CALENDARS: Final[Mapping[str, HolidayCalendar]] = {BR.id: BR}
