"""Calls per second as a generic cell rate algorithm (ITU-T I.371, annex A), in whole microseconds.

The Redis script of `discador.runtime` keeps one number per trunk, the theoretical arrival time, by this very
arithmetic; its tests compare the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

_SECOND_US: Final = 1_000_000


class Taken(NamedTuple):
    """Result of `Gcra.take`."""

    granted: int  #: calls that may be placed now
    tat_us: int  #: theoretical arrival time to keep; unchanged if nothing was granted
    retry_after_us: int  #: until one more call may be placed; 0 if one may at once


@dataclass(frozen=True, slots=True)
class Gcra:
    """A limit of one call per `interval_us`, of which `burst` may come at once after a rest.

    In any span of T microseconds at most `burst + T // interval_us` calls are granted.
    """

    interval_us: int
    burst: int = 1

    def __post_init__(self) -> None:
        if self.interval_us < 1 or self.burst < 1:
            raise ValueError("interval_us and burst must be at least 1")

    @classmethod
    def per_second(cls, calls: float, burst: int = 1) -> Gcra:
        """Return the limit of `calls` a second; the interval is rounded up, so never more than that."""
        if calls <= 0:
            raise ValueError("calls per second must be more than 0")
        return cls(max(1, -int(-_SECOND_US // calls)), burst)

    def take(self, tat_us: int, now_us: int, wanted: int) -> Taken:
        """Return how many of `wanted` calls may be placed at `now_us`, where `tat_us` was kept (0 at first)."""
        base = max(tat_us, now_us)
        # A clock set back must not lock the trunk for as long as it went back.
        base = min(base, now_us + self.burst * self.interval_us)
        room = (now_us + self.burst * self.interval_us - base) // self.interval_us
        granted = max(0, min(wanted, room))
        after = base + granted * self.interval_us
        retry_after_us = max(0, after + self.interval_us - self.burst * self.interval_us - now_us)
        return Taken(granted, after if granted else tat_us, retry_after_us)
