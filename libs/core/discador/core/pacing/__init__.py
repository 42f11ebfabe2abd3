"""Pacing: how many calls, how fast."""

from discador.core.pacing.gcra import Gcra, Taken
from discador.core.pacing.limits import PacingInput, Reserve, calls_to_reserve

__all__ = ["Gcra", "PacingInput", "Reserve", "Taken", "calls_to_reserve"]
