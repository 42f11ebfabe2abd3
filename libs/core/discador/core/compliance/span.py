"""One span of local time on some days of the week."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass
from typing import Any, Final

from discador.core.errors import Fault, InvalidSettings
from discador.core.json_reader import JsonReader

MINUTES_A_DAY: Final = 24 * 60

_CLOCK: Final = re.compile(r"([01]\d|2[0-4]):([0-5]\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class WindowSpan:
    """From the local minute `opens` up to, and without, the local minute `closes`.

    A span that crosses midnight is written as two.

    Raises:
        InvalidSettings: an unknown weekday, or a span that is empty.
    """

    weekdays: Set[int]  #: ISO 8601: 1 is Monday, 7 is Sunday
    opens: int  #: minute of the day, 0 to 1439
    closes: int  #: minute of the day, 1 to 1440 (midnight at its end)

    def __post_init__(self) -> None:
        faults = []
        if not self.weekdays or not self.weekdays <= frozenset(range(1, 8)):
            faults.append(Fault("weekdays", "must hold at least one of 1 (Monday) to 7 (Sunday)"))
        if not 0 <= self.opens < self.closes <= MINUTES_A_DAY:
            faults.append(Fault("closes", "must be later than opens, on the same day, 24:00 at most"))
        if faults:
            raise InvalidSettings(tuple(faults))

    def holds(self, weekday: int, minute: int) -> bool:
        """Tell whether the local `minute` of a day lies in the span."""
        return weekday in self.weekdays and self.opens <= minute < self.closes

    def to_json(self) -> dict[str, Any]:
        """Return the span as a JSON object."""
        return {
            "weekdays": sorted(self.weekdays),
            "opens": format_clock(self.opens),
            "closes": format_clock(self.closes),
        }

    @classmethod
    def read(cls, reader: JsonReader) -> WindowSpan:
        """Return the span that `reader` stands on."""
        weekdays = frozenset(reader.integers("weekdays"))
        opens = _read_clock(reader, "opens", 0)
        closes = _read_clock(reader, "closes", MINUTES_A_DAY)
        return cls(weekdays, opens, closes)


def format_clock(minute: int) -> str:
    """Return the minute of a day as HH:MM; 1440 is 24:00."""
    return f"{minute // 60:02}:{minute % 60:02}"


def parse_clock(text: str) -> int:
    """Return the minute of the day written HH:MM, up to 24:00.

    Raises:
        ValueError: another form, or a later time.
    """
    match = _CLOCK.fullmatch(text)
    minute = int(match[1]) * 60 + int(match[2]) if match else MINUTES_A_DAY + 1
    if minute > MINUTES_A_DAY:
        raise ValueError("write HH:MM, from 00:00 to 24:00")
    return minute


def _read_clock(reader: JsonReader, key: str, default: int) -> int:
    text = reader.text(key, "")
    try:
        return parse_clock(text)
    except ValueError as error:
        reader.fault(key, str(error))
        return default
