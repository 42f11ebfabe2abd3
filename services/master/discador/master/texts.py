"""What a text that people wrote may hold before it enters the database, a log, or Asterisk."""

from __future__ import annotations

import re
from typing import Final

#: C0 and C1 controls, line and paragraph separators, bidirectional overrides, lone surrogates.
CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

MAX_NAME: Final = 100
MAX_LEAD_NAME: Final = 200
MAX_EXTERNAL_ID: Final = 200
MAX_FIELDS: Final = 200
MAX_FIELD_NAME: Final = 100
MAX_FIELD_CHARS: Final = 4_000
MAX_FIELDS_CHARS: Final = 16_000


def fault_in(text: str, longest: int, *, required: bool = False) -> str:
    """Say what is wrong with a text of one line; empty if nothing is. A required one is a name that people type."""
    if required and not text.strip():
        return "must not be empty"
    if required and text != text.strip():
        return "must not begin or end with a blank"
    if len(text) > longest:
        return f"must have at most {longest} characters"
    if CONTROL.search(text):
        return "must not hold control characters or line breaks"
    return ""
