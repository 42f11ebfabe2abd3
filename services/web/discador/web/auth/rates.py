"""How much anybody may ask, counted in Redis over all web services."""

from __future__ import annotations

import math
import time
from typing import Final

from limits import RateLimitItem, parse
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.exceptions import RedisError

from discador.runtime import keys
from discador.runtime.log import get_logger
from discador.runtime.redis_client import Redis

_log: Final = get_logger("rates")


def rate(text: str) -> str:
    """Parse a setting such as `600/minute`; for `setting(parse=…)`."""
    try:
        parse(text)
    except ValueError:
        raise ValueError("must be a rate such as 600/minute") from None
    return text


class Rates:
    """A limit for every user or token, and a narrow one for proofs of identity from one address."""

    def __init__(self, redis: Redis, redis_url: str, general: str, proofs: str) -> None:
        storage = RedisStorage(
            f"async+{redis_url}",
            implementation="redispy",
            key_prefix=keys.key("limit"),
            connection_pool=redis.connection_pool,  # type: ignore[arg-type]  # passed on to the client
        )
        self._limiter = SlidingWindowCounterRateLimiter(storage)
        self._general = parse(general)
        self._proofs = parse(proofs)

    async def of_request(self, who: str) -> int:
        """Count a request; return the seconds to wait if it was one too many, else 0."""
        return await self._hit(self._general, "request", who)

    async def of_proof(self, address: str) -> int:
        """Count a try to prove an identity, by password or token; return the seconds to wait, or 0."""
        return await self._hit(self._proofs, "proof", address)

    async def _hit(self, item: RateLimitItem, kind: str, who: str) -> int:
        try:
            if await self._limiter.hit(item, kind, who):
                return 0
            window = await self._limiter.get_window_stats(item, kind, who)
            return max(1, math.ceil(window.reset_time - time.time()))
        except (RedisError, OSError) as error:
            # Without Redis there are no sessions either; a program with a token is not held up by it.
            _log.warning("rates.unknown", error_type=type(error).__name__)
            return 0
