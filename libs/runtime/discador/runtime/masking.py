"""Hide what must not be read in a log: phone numbers and passwords inside URLs.

A phone number is a run of 10 to 15 digits with `+`, or of 12 to 13 digits that begins with Brazil's 55;
UUIDs, stream ids and Asterisk's Uniqueids are left alone. What stays is the country code and area code
(the first four digits) and the last two digits: `+5511*****43`.
"""

from __future__ import annotations

import re
from typing import Final

_STARS: Final = "*****"
_PHONE: Final = re.compile(
    r"(?P<keep>\b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b)"
    r"|\+\d{10,15}(?!\d)"
    r"|\+\d{1,3}[ .-]?\(?\d{2,3}\)?[ .-]?\d{3,5}[ .-]?\d{3,4}(?!\d)"
    r"|(?<![0-9A-Za-z.])55[ ]?\(?\d{2}\)?[ ]?\d{4,5}-?\d{4}(?![0-9A-Za-z])"
)
_CREDENTIALS: Final = re.compile(r"(://[^/\s:@]*:)[^/\s@]+@")


def mask_phone(phone: str) -> str:
    """Mask one phone number, however it is written."""
    digits = re.sub(r"\D", "", phone)
    kept = digits[:4] if len(digits) >= 10 else digits[:2]
    return ("+" if phone.startswith("+") else "") + kept + _STARS + (digits[-2:] if len(digits) >= 6 else "")


def mask_url(text: str) -> str:
    """Hide the password of every URL in the text."""
    return _CREDENTIALS.sub(r"\1***@", text) if "://" in text else text


def mask_text(text: str) -> str:
    """Mask every phone number and every URL password in the text."""
    if len(text) < 10:
        return text
    return mask_url(_PHONE.sub(_replacement, text))


def _replacement(found: re.Match[str]) -> str:
    return found[0] if found["keep"] else mask_phone(found[0])
