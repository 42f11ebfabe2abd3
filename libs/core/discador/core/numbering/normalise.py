"""From the text that people write to E.164."""

from __future__ import annotations

import re
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

from discador.core.errors import InvalidNumber
from discador.core.numbering.brazil import normalise_brazilian
from discador.core.numbering.number import Line, Number

#: Everything that people put between digits; removed. Spreadsheets use the last four.
_PUNCTUATION: Final = dict.fromkeys(map(ord, " \t-.()/\u00a0\u2010\u2011\u2013\u200b\u202a\u202c"))

_DIGITS: Final = re.compile(r"\+?\d+", re.ASCII)

#: No text of this length is a number; libphonenumber need not look at it.
MAX_TEXT: Final = 64

_PARSE_FAULTS: Final = {
    NumberParseException.INVALID_COUNTRY_CODE: "the country code is missing or does not exist",
    NumberParseException.TOO_SHORT_NSN: "too short",
    NumberParseException.TOO_SHORT_AFTER_IDD: "too short",
    NumberParseException.TOO_LONG: "too long",
}

_LINES: Final = {
    PhoneNumberType.MOBILE: Line.MOBILE,
    PhoneNumberType.FIXED_LINE: Line.FIXED,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: Line.UNKNOWN,
    PhoneNumberType.VOIP: Line.UNKNOWN,
    PhoneNumberType.PERSONAL_NUMBER: Line.UNKNOWN,
}


def normalise(text: str, default_region: str = "BR") -> Number:
    """Return the number that `text` means; without a country code it is one of `default_region`.

    Brazilian numbers take a fast path; all others go through libphonenumber. Services (free, premium, shared
    cost) are refused: there is no person to call. The decimal ".0" that spreadsheets leave is dropped.

    Raises:
        InvalidNumber: `reason` says why; it never holds the number.
    """
    if len(text) > MAX_TEXT:
        raise InvalidNumber("too long")
    digits = text.strip().removesuffix(".0").translate(_PUNCTUATION)
    if not digits:
        raise InvalidNumber("it is empty")
    if _DIGITS.fullmatch(digits) is None:
        raise InvalidNumber("it holds something else than digits, a leading + and punctuation")
    if digits.startswith("+"):
        brazilian = digits.startswith("+55")
    else:
        # 00 calls another country, unless it is 55.
        brazilian = default_region == "BR" and (not digits.startswith("00") or digits.startswith("0055"))
    return normalise_brazilian(digits) if brazilian else _normalise_foreign(digits, default_region)


def _normalise_foreign(digits: str, default_region: str) -> Number:
    try:
        parsed = phonenumbers.parse(digits, default_region)
    except NumberParseException as error:
        raise InvalidNumber(_PARSE_FAULTS.get(error.error_type, "not a number")) from None
    e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if parsed.country_code == 55:
        return normalise_brazilian(e164)
    if not phonenumbers.is_valid_number(parsed):
        raise InvalidNumber("not a number as they are assigned in its country")
    line = _LINES.get(phonenumbers.number_type(parsed))
    if line is None:
        raise InvalidNumber("a service number (free, premium, shared cost or the like), not a person's")
    return Number(e164, phonenumbers.region_code_for_number(parsed) or "", line, False)
