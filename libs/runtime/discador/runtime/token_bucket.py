"""A rate limit shared by processes: the generic cell rate algorithm (ITU-T I.371) on Redis's own clock.

With rate r per second and tolerance τ seconds, at most ⌈r·(1 + τ)⌉ tokens are granted in any second
[t, t + 1), whoever asks. Each token is due 1/r after the one before it, and granted at most τ before that: τ = 0
grants each when it is due; with a larger τ a batch can be taken ahead, by somebody who uses each when it is due.

An unknown key counts as just exhausted, never as full: after Redis was wiped the bound still holds, and the
first token comes one interval later.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

from . import keys
from .redis_client import Redis

# KEYS: bucket. ARGV: interval µs, tolerance µs, wanted, TTL ms. State: the theoretical arrival time (TAT) of
# the next token, µs. A TAT cannot lawfully lie beyond now + τ + interval; one that does is from a slower rate
# or from a clock that was set back, and is cut so that neither blocks for long.
_TAKE: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, tolerance, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local latest = now + tolerance + interval
local tat = math.min(tonumber(redis.call('GET', KEYS[1]) or latest), latest)
local base = math.max(tat, now)
local granted = math.floor((now + tolerance - base) / interval) + 1
granted = math.max(0, math.min(wanted, granted))
if granted > 0 then tat = base + granted * interval end
redis.call('SET', KEYS[1], string.format('%.0f', tat), 'PX', ARGV[4])
return {granted, math.max(0, tat - tolerance - now), base - now}
"""
_IDLE_TTL_MS: Final = 3_600_000  # a bucket unused for an hour starts again as an unknown one
_NEVER_MS: Final = 1_000  # when to look again at a rate of zero


class Taken(NamedTuple):
    """`granted` tokens (0 … n); the next may be granted in `wait_ms`. The first of them is due in `due_s` seconds from
    the grant (0: now), the others 1/rate after each other."""

    granted: int
    wait_ms: int
    due_s: float = 0.0


class TokenBucket:
    """All buckets of one Redis."""

    def __init__(self, redis: Redis) -> None:
        self._take = redis.register_script(_TAKE)

    async def take(self, key: str, rate_per_s: float, n: int = 1, tolerance_ms: float = 0.0) -> Taken:
        """Take up to `n` tokens.

        `key` is the limit's name (`trunk:7`). A rate of zero or less grants nothing. Tokens cannot be given
        back: a caller that does not use one has spent it.
        """
        if rate_per_s <= 0 or n < 1:
            return Taken(0, _NEVER_MS if rate_per_s <= 0 else 0)
        # Rounded up, so that the rate is never exceeded; Lua's doubles are exact for whole µs.
        interval_us = math.ceil(1_000_000 / rate_per_s)
        tolerance_us = math.floor(max(0.0, tolerance_ms) * 1000)
        ttl_ms = _IDLE_TTL_MS + (interval_us + tolerance_us) // 1000
        answer: Any = await self._take(keys=[keys.bucket(key)], args=[interval_us, tolerance_us, n, ttl_ms])
        granted, wait_us, due_us = (int(value) for value in answer)
        return Taken(granted, math.ceil(wait_us / 1000), due_us / 1_000_000)
