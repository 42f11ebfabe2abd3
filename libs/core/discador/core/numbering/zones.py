"""The time zones in which a number may lie.

Brazil by our own table, since libphonenumber puts all of DDD 81 on Fernando de Noronha and parts of Pará in
Manaus (compliance.md §3.5); all other countries by libphonenumber.
"""

from __future__ import annotations

from typing import Final

import phonenumbers
from phonenumbers import timezone

from discador.core.numbering.brazil import STATES, ZONES

_UNKNOWN: Final = timezone.UNKNOWN_TIMEZONE


def zones_of(e164: str, default: str) -> tuple[str, ...]:
    """Return the IANA zones in which `e164` may lie; `default` alone if the number tells none.

    All of them must be inside the calling window before it is dialled.
    """
    if e164.startswith("+55"):
        return ZONES.get(e164[3:5], (default,))
    try:
        parsed = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return (default,)
    found = tuple(zone for zone in timezone.time_zones_for_number(parsed) if zone != _UNKNOWN)
    return found or (default,)


def state_of(e164: str) -> str | None:
    """Return the Brazilian state (UF) of the number's area code; None for other numbers."""
    return STATES.get(e164[3:5]) if e164.startswith("+55") else None
