"""Numbers as they may stand in a log, an error or a trace."""

from __future__ import annotations

import re
from typing import Final

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

_E164: Final = re.compile(r"\+[1-9]\d{3,14}", re.ASCII)

#: What stands for the hidden digits; of fixed length, so that it does not tell theirs.
HIDDEN: Final = "*****"


def mask(e164: str) -> str:
    """Return `e164` with the country code (for Brazil the DDD too) and the last two digits: `+5511*****43`.

    Anything that is not E.164 is hidden altogether. No error is ever raised.
    """
    if _E164.fullmatch(e164) is None:
        return HIDDEN
    if e164.startswith("+55"):
        shown = 5
    else:
        shown = next((n for n in (2, 3, 4) if int(e164[1:n]) in COUNTRY_CODE_TO_REGION_CODE), 1)
    # Never more than half of a short number.
    shown = min(shown, len(e164) // 2)
    return f"{e164[:shown]}{HIDDEN}{e164[-2:]}"
