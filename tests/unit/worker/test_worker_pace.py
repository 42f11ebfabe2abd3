from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from redis.exceptions import ConnectionError as RedisAway

from discador.runtime.token_bucket import Taken
from discador.worker.pace import LATENESS_S, TOLERANCE_S, NoToken, Pace


class Bucket:
    """The generic cell rate algorithm on the loop's clock, as `runtime.token_bucket` has it on Redis's."""

    def __init__(self) -> None:
        self.tat: dict[str, float] = {}
        self.asked: list[tuple[str, float, int]] = []
        self.away = False

    async def take(self, key: str, rate_per_s: float, n: int = 1, tolerance_ms: float = 0.0) -> Taken:
        self.asked.append((key, rate_per_s, n))
        if self.away:
            raise RedisAway
        if rate_per_s <= 0:
            return Taken(0, 1000)
        now, interval, tolerance = asyncio.get_running_loop().time(), 1 / rate_per_s, tolerance_ms / 1000
        base = max(self.tat.get(key, 0.0), now)
        granted = max(0, min(n, int((now + tolerance - base) / interval) + 1))
        self.tat[key] = base + granted * interval
        return Taken(granted, max(0, round((self.tat[key] - tolerance - now) * 1000) + 1), base - now)


@asynccontextmanager
async def running(bucket: Bucket, rate: Callable[[int], float], head_start_s: float = 0.0) -> AsyncIterator[Pace]:
    pace = Pace(bucket, rate, head_start_s)
    task = asyncio.ensure_future(pace.run())
    async with asyncio.timeout(20):
        yield pace
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_moments_keep_the_rate_of_the_trunk_whoever_asks() -> None:
    rate = 40.0
    async with running(Bucket(), lambda _: rate) as pace:
        moments = sorted(await asyncio.gather(*(pace.moment(1, 10) for _ in range(60))))
    window = 0.5
    most = max(sum(start <= m < start + window for m in moments) for start in moments)
    assert most <= rate * window * (1 + TOLERANCE_S + LATENESS_S) + 1
    assert moments[-1] - moments[0] < 60 / rate * 1.2, "the rate is used"


async def test_tokens_are_taken_together_and_used_one_after_the_other() -> None:
    bucket = Bucket()
    async with running(bucket, lambda _: 50) as pace:
        moments = sorted(await asyncio.gather(*(pace.moment(1, 10) for _ in range(30))))
    assert len(bucket.asked) <= 12
    assert max(moments.count(moment) for moment in moments) <= 2


async def test_each_moment_lies_a_head_start_after_its_grant() -> None:
    async with running(Bucket(), lambda _: 10, head_start_s=5.0) as pace:
        asked = asyncio.get_running_loop().time()
        assert 5.0 <= await pace.moment(1, 10) - asked < 5.2


async def test_a_slow_trunk_does_not_hold_up_another_one() -> None:
    async with running(Bucket(), lambda trunk: 0.01 if trunk == 1 else 200) as pace:
        slow = [asyncio.ensure_future(pace.moment(1, 60)) for _ in range(3)]
        await asyncio.gather(*(pace.moment(2, 5) for _ in range(20)))
        assert sum(task.done() for task in slow) <= 1
        pace.close()
        await asyncio.gather(*slow, return_exceptions=True)


async def test_who_waits_too_long_is_turned_away() -> None:
    async with running(Bucket(), lambda _: 0) as pace:
        with pytest.raises(NoToken):
            await pace.moment(1, 0.05)
        assert pace.waiting == 0


async def test_while_redis_is_away_nobody_gets_a_moment_and_afterwards_everybody_does() -> None:
    bucket = Bucket()
    bucket.away = True
    async with running(bucket, lambda _: 100) as pace:
        waiting = asyncio.ensure_future(pace.moment(1, 10))
        while len(bucket.asked) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        assert not waiting.done()
        bucket.away = False
        await waiting


async def test_a_call_that_has_passed_the_gate_goes_first() -> None:
    async with running(Bucket(), lambda _: 10) as pace:
        await pace.moment(1, 5)
        others = [asyncio.ensure_future(pace.moment(1, 5)) for _ in range(3)]
        await asyncio.sleep(0)
        gated = await pace.moment(1, 5, gated=True)
        assert all(gated <= moment for moment in await asyncio.gather(*others))


async def test_closing_turns_away_those_before_the_gate_and_serves_those_behind_it() -> None:
    async with running(Bucket(), lambda _: 5) as pace:
        await pace.moment(1, 5)
        ungated = asyncio.ensure_future(pace.moment(1, 5))
        gated = asyncio.ensure_future(pace.moment(1, 5, gated=True))
        await asyncio.sleep(0)
        pace.close()
        with pytest.raises(NoToken):
            await ungated
        with pytest.raises(NoToken):
            await pace.moment(1, 5)
        await gated


async def test_who_has_left_costs_no_token() -> None:
    bucket = Bucket()
    async with running(bucket, lambda _: 10) as pace:
        await pace.moment(1, 5)
        gone = asyncio.ensure_future(pace.moment(1, 5))
        await asyncio.sleep(0)
        gone.cancel()
        stays = asyncio.ensure_future(pace.moment(1, 5))
        await stays
    assert bucket.asked[-1][2] == 1
