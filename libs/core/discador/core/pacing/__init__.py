"""Pacing: how many calls, how fast."""

from discador.core.pacing.gcra import Gcra, Taken
from discador.core.pacing.limits import PacingInput, Reserve, calls_to_reserve
from discador.core.pacing.throughput import Throughput, queue_limit

__all__ = ["Gcra", "PacingInput", "Reserve", "Taken", "Throughput", "calls_to_reserve", "queue_limit"]
