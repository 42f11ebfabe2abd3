"""How fast a queue is emptied, seen from its lengths; and how long it may be at that speed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

#: Seconds of observed throughput that may be queued: what waits longer gains nothing by being queued.
QUEUE_S: Final = 1.0
#: What may be queued at any speed, so that a queue that has just begun can show how fast it is.
QUEUE_FLOOR: Final = 30
#: Time constant of the smoothing: after so long an old speed counts for e⁻¹.
SMOOTHING_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Throughput:
    """What is known of a queue at `at` (seconds of any clock that only rises); `per_second` is smoothed."""

    at: float
    queued: int
    per_second: float = 0.0

    def seen(self, at: float, queued: int) -> Throughput:
        """Return what is known once the queue is seen to hold `queued`."""
        elapsed = at - self.at
        if elapsed <= 0:
            return self
        left = max(0, self.queued - queued) / elapsed
        weight = -math.expm1(-elapsed / SMOOTHING_S)
        return Throughput(at, queued, self.per_second + weight * (left - self.per_second))

    def added(self, count: int) -> Throughput:
        """Return what is known once `count` were put into the queue."""
        return Throughput(self.at, self.queued + count, self.per_second)


def queue_limit(per_second: float) -> int:
    """Return how many may be queued where `per_second` leave the queue."""
    return max(QUEUE_FLOOR, math.ceil(per_second * QUEUE_S))
