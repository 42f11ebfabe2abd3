"""How a carrier wants a number written. Pure."""

from __future__ import annotations

from typing import Final

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

#: The formats of `Trunk.number_format`.
FORMATS: Final = ("e164", "e164_without_plus", "national")


def written(number: str, number_format: str) -> str:
    """Return the E.164 `number` as a trunk's `number_format` wants it: `e164` (+5511…), `e164_without_plus`, or
    `national` (11…: without the country code).

    A format that is not known is E.164: the one that no carrier can misread as another number.
    """
    digits = number.removeprefix("+")
    if number_format == "national":
        return digits[_country_code_length(digits) :]
    if number_format == "e164_without_plus":
        return digits
    return f"+{digits}"


def _country_code_length(digits: str) -> int:
    """Return the length of the country code (ITU-T E.164, annex D: no code is the beginning of another)."""
    return next((n for n in (1, 2, 3) if int(digits[:n] or 0) in COUNTRY_CODE_TO_REGION_CODE), 0)
