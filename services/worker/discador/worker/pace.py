"""Calls per second of each trunk, over all workers, measured where it matters: at the moment of sending.

A token is granted by the bucket in Redis, but between the grant and the Originate lies the gate, whose duration
varies: calls granted apart could be sent together. So each token names the moment at which its call is sent, a fixed
*head start* after the grant, long enough for the gate. A call that is not ready by then, give or take `LATENESS_S`,
must ask for another token; the old one is lost. The rate at the grants is therefore the rate of the Originates.

Tokens are taken ahead, each for the moment at which it is due, so that the gate takes a fifth of a second's calls in
one transaction; those due within `TOLERANCE_S` of each other are sent together, none before it is due.

The bound: with rate r, at most ⌈r · (1 + LATENESS_S)⌉ calls are sent on a trunk in any second, that is 3 % over; the
sending together is paid for by asking for 4 % less than r. While Redis is away nobody gets a token.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Final, Protocol

from redis.exceptions import RedisError

from discador.runtime.log import get_logger
from discador.runtime.token_bucket import Taken
from discador.worker.cancellation import raise_if_cancelled

#: Tokens that are due within this time are used together, at its end.
TOLERANCE_S: Final = 0.04
#: How long before it is due a token may be taken.
AHEAD_S: Final = 0.2
#: At the sending: a call that is later than this behind its moment needs a new token.
LATENESS_S: Final = 0.03
_RETRY_S: Final = 0.25  # Redis is away
_STEP_S: Final = 0.1  # between two looks at a trunk, below AHEAD_S, so that it never runs dry
_BATCH: Final = 50


class Bucket(Protocol):
    """What grants tokens (`runtime.token_bucket.TokenBucket`)."""

    async def take(self, key: str, rate_per_s: float, n: int = 1, tolerance_ms: float = 0.0) -> Taken: ...


class NoToken(Exception):
    """No token in the time that the call could wait, or the worker is stopping. Nothing was sent."""

    error_id = "pace-no-token"


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    turn: asyncio.Future[float]
    until: float
    gated: bool

    def refuse(self, reason: str) -> None:
        if not self.turn.done():
            self.turn.set_exception(NoToken(reason))


class _Line:
    """Who waits for a trunk, in order of arrival."""

    def __init__(self) -> None:
        self.waiting: deque[_Place] = deque()
        self.look_at = 0.0

    def send_away(self, reason: str, whom: Callable[[_Place], bool]) -> None:
        """Refuse those for whom `whom` is true, and forget those who have left."""
        for place in self.waiting:
            if whom(place):
                place.refuse(reason)
        self.waiting = deque(place for place in self.waiting if not place.turn.done())


class Pace:
    """Hands out moments for sending. `run` must be running; `close` turns everybody away.

    Args:
        rate: calls per second of a trunk, asked at each grant; 0 grants nothing.
        head_start_s: from the time at which a token is due to the moment of sending.
    """

    def __init__(self, bucket: Bucket, rate: Callable[[int], float], head_start_s: float) -> None:
        self._bucket = bucket
        self._rate = rate
        self._head_start_s = head_start_s
        self._lines: dict[int, _Line] = {}
        self._news = asyncio.Event()
        self._closed = False
        self._log = get_logger("pace")

    @property
    def waiting(self) -> int:
        """Calls that wait for a token."""
        return sum(len(line.waiting) for line in self._lines.values())

    async def moment(self, trunk_id: int, within_s: float, *, gated: bool = False) -> float:
        """Return when (on the loop's clock) the next call of the trunk may be sent; wait for a token at most
        `within_s`. A call that has passed the gate already goes before all who have not.

        Raises:
            NoToken: send nothing.
        """
        if self._closed and not gated:
            raise NoToken("the worker is stopping")
        loop = asyncio.get_running_loop()
        place = _Place(loop.create_future(), loop.time() + within_s, gated)
        line = self._lines.setdefault(trunk_id, _Line())
        if gated:
            line.waiting.appendleft(place)
        else:
            line.waiting.append(place)
        self._news.set()
        return await place.turn

    async def run(self) -> None:
        """Serve the lines for ever."""
        while True:
            raise_if_cancelled()
            self._news.clear()
            next_look = await self.run_once()
            try:
                async with asyncio.timeout_at(next_look):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def run_once(self) -> float | None:
        """Ask once for every line that is due; return when the next one is (None: nobody waits)."""
        clock = asyncio.get_running_loop().time
        looks = []
        for trunk_id, line in tuple(self._lines.items()):
            now = clock()
            line.send_away("the trunk's calls per second left no room in time", lambda place: place.until <= now)  # noqa: B023
            if line.waiting and line.look_at <= now:
                await self._serve(trunk_id, line)
            if line.waiting:
                looks.append(min(line.look_at, *(place.until for place in line.waiting)))
        return min(looks, default=None)

    def close(self) -> None:
        """Turn away all who wait and have not passed the gate, and all who come without having passed it."""
        self._closed = True
        for line in self._lines.values():
            line.send_away("the worker is stopping", lambda place: not place.gated)

    async def _serve(self, trunk_id: int, line: _Line) -> None:
        loop = asyncio.get_running_loop()
        asked = loop.time()
        rate = self._rate(trunk_id) / (1 + TOLERANCE_S)
        try:
            taken = await self._bucket.take(f"trunk:{trunk_id}", rate, min(len(line.waiting), _BATCH), AHEAD_S * 1000)
        except (RedisError, OSError) as error:
            self._log.warning("pace.redis_unavailable", trunk_id=trunk_id, error_type=type(error).__name__)
            line.look_at = loop.time() + _RETRY_S
            return
        line.look_at = max(loop.time() + taken.wait_ms / 1000, asked + _STEP_S)
        used = 0
        while used < taken.granted and line.waiting:
            turn = line.waiting.popleft().turn
            if not turn.done():
                due_s = ceil((taken.due_s + used / rate) / TOLERANCE_S) * TOLERANCE_S
                # From the asking and not from the answer: an answer that was long under way makes the call late.
                turn.set_result(asked + self._head_start_s + due_s)
                used += 1
