"""How often, and how soon after the last attempt, one number may be tried. Counted over all campaigns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from discador.core.attempt.block_reason import BlockReason
from discador.core.compliance.zone import find_zone
from discador.core.errors import Fault, InvalidSettings
from discador.core.json_reader import JsonReader, read_object

MAX_PER_DAY: Final = 100
MAX_SPACING_S: Final = 30 * 86_400.0


@dataclass(frozen=True, slots=True)
class Caps:
    """Attempt caps of a campaign.

    Default: two attempts to a number on one local day (telecom conduct code of Brazil, 2019; compliance.md
    §3.3), a minute apart at least.

    Raises:
        InvalidSettings: a figure out of its bounds; all faults together.
    """

    per_number_per_day: int = 2
    min_spacing_s: float = 60.0  #: seconds from one attempt to the next

    def __post_init__(self) -> None:
        faults = []
        if not 1 <= self.per_number_per_day <= MAX_PER_DAY:
            faults.append(Fault("per_number_per_day", f"must be between 1 and {MAX_PER_DAY}"))
        if not 0 <= self.min_spacing_s <= MAX_SPACING_S:
            faults.append(Fault("min_spacing_s", f"must be between 0 and {MAX_SPACING_S:.0f} seconds"))
        if faults:
            raise InvalidSettings(tuple(faults))

    def to_json(self) -> dict[str, Any]:
        """Return the caps as a JSON object."""
        return {"per_number_per_day": self.per_number_per_day, "min_spacing_s": self.min_spacing_s}

    @classmethod
    def from_json(cls, document: str | Mapping[str, Any]) -> Caps:
        """Return the caps written in `document`; raises InvalidSettings with all faults."""
        return read_object(document, cls.read)

    @classmethod
    def read(cls, reader: JsonReader) -> Caps:
        """Return the caps that `reader` stands on."""
        return cls(
            per_number_per_day=reader.integer("per_number_per_day", 2),
            min_spacing_s=reader.number("min_spacing_s", 60.0),
        )


@dataclass(frozen=True, slots=True)
class NumberUsage:
    """What a number has had: counted attempts on the local date `day`, and the instant of the last one."""

    day: date | None = None
    attempts: int = 0
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CapVerdict:
    """Whether the caps allow an attempt; if not, which one forbids it and when it no longer will."""

    allowed: bool
    reason: BlockReason | None = None
    allowed_at: datetime | None = None


def local_day(at: datetime, zone: str) -> date:
    """Return the date in `zone`; UTC where the time zone database does not know it."""
    return at.astimezone(find_zone(zone) or UTC).date()


def may_attempt(usage: NumberUsage, caps: Caps, at: datetime, zone: str) -> CapVerdict:
    """Tell whether the number may be tried at `at` (aware); its day is the date in `zone`.

    The daily cap is told first, since it lasts longer. `allowed_at` respects both.
    """
    today = local_day(at, zone)
    spaced_at = at
    if usage.last_at is not None:
        spaced_at = max(at, usage.last_at + timedelta(seconds=caps.min_spacing_s))
    if usage.day == today and usage.attempts >= caps.per_number_per_day:
        midnight = datetime.combine(today + timedelta(days=1), time(), find_zone(zone) or UTC).astimezone(UTC)
        return CapVerdict(False, BlockReason.DAILY_CAP, max(midnight, spaced_at))
    if spaced_at > at:
        return CapVerdict(False, BlockReason.SPACING, spaced_at)
    return CapVerdict(True)
