"""Compliance: rules as data, with source and version, and the decisions they lead to."""

from discador.core.compliance.calling_window import (
    ALWAYS_OPEN,
    BR_DEFAULT,
    CallingWindow,
    Verdict,
    may_dial,
    next_opening,
)
from discador.core.compliance.caps import Caps, CapVerdict, NumberUsage, local_day, may_attempt
from discador.core.compliance.span import WindowSpan

__all__ = [
    "ALWAYS_OPEN",
    "BR_DEFAULT",
    "CallingWindow",
    "CapVerdict",
    "Caps",
    "NumberUsage",
    "Verdict",
    "WindowSpan",
    "local_day",
    "may_attempt",
    "may_dial",
    "next_opening",
]
