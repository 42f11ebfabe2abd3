"""A telephone number that may be dialled."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Line(StrEnum):
    """What the number plan tells about the line. `unknown` where it does not part mobile from fixed."""

    MOBILE = "mobile"
    FIXED = "fixed"
    UNKNOWN = "unknown"


class Number(NamedTuple):
    """A number in E.164, with what the plan tells about it."""

    e164: str  #: "+" and 4 to 15 digits
    region: str  #: ISO 3166-1 alpha-2; "" where several countries share the code and the number does not tell
    line: Line
    ninth_digit_added: bool  #: the text lacked the ninth digit of a Brazilian mobile number
