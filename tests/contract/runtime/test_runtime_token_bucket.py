"""The shared rate limit on real servers: never above the rate in any second, whoever asks and whatever dies."""

from __future__ import annotations

import asyncio
import math
import time

import pytest

from discador.runtime import keys
from discador.runtime.redis_client import Redis
from discador.runtime.token_bucket import TokenBucket

Grant = tuple[float, float]  # the server granted between these two readings of our clock


def most_in_a_second(grants: list[Grant]) -> int:
    """The largest number of grants that certainly lie within one half-open second, however slow we read."""
    return max(
        (sum(1 for sent, got in grants if sent >= start and got < start + 1.0) for start, _ in grants), default=0
    )


async def take(bucket: TokenBucket, rate: float, n: int, tolerance_ms: float) -> tuple[list[Grant], float]:
    sent = time.monotonic()
    granted, wait_ms, _ = await bucket.take("t", rate, n, tolerance_ms)
    return [(sent, time.monotonic())] * granted, wait_ms / 1000


async def grants(bucket: TokenBucket, rate: float, seconds: float, *, n: int, tolerance_ms: float) -> list[Grant]:
    """Ask as fast as allowed for some seconds."""
    found: list[Grant] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        granted, wait_s = await take(bucket, rate, n, tolerance_ms)
        found += granted
        if not granted:
            await asyncio.sleep(wait_s)
    return found


async def test_a_new_bucket_starts_empty(redis: Redis) -> None:
    granted, wait_ms, _ = await TokenBucket(redis).take("t", 2.0, 100, tolerance_ms=1000)
    assert granted == 0
    assert wait_ms == 500
    assert 0 < await redis.pttl(keys.bucket("t")) < 4_000_000


async def test_four_clients_together_never_get_more_than_the_rate_in_a_second(redis: Redis) -> None:
    rate, seconds = 50.0, 2.5
    bucket = TokenBucket(redis)
    parts = await asyncio.gather(*(grants(bucket, rate, seconds, n=1, tolerance_ms=0) for _ in range(4)))
    found = [grant for part in parts for grant in part]
    assert most_in_a_second(found) <= math.ceil(rate)
    assert len(found) > rate * 0.5  # it does grant, also on a busy machine; the model checks how many exactly


async def test_a_tolerance_lets_a_batch_through_and_no_more(redis: Redis) -> None:
    bucket = TokenBucket(redis)
    found = await grants(bucket, 100.0, 1.5, n=10, tolerance_ms=100)
    assert most_in_a_second(found) <= 110


async def test_after_each_wipe_there_is_no_burst(redis: Redis) -> None:
    bucket = TokenBucket(redis)
    rate = 20.0
    found: list[Grant] = []
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        granted, wait_s = await take(bucket, rate, 5, 100)
        found += granted
        if granted:
            await redis.flushall()
        else:
            await asyncio.sleep(wait_s)
    assert found
    assert most_in_a_second(found) <= math.ceil(rate * 1.1)


async def test_buckets_do_not_share_their_tokens(redis: Redis) -> None:
    bucket = TokenBucket(redis)
    for name in ("a", "b"):
        await redis.set(keys.bucket(name), "0")
    assert (await bucket.take("a", 1.0))[:2] == (1, 1000)
    assert (await bucket.take("b", 1.0))[:2] == (1, 1000)
    assert (await bucket.take("a", 1.0))[0] == 0


async def test_tokens_taken_ahead_are_due_one_interval_after_each_other(redis: Redis) -> None:
    bucket = TokenBucket(redis)
    await redis.set(keys.bucket("t"), "0")
    first = await bucket.take("t", 1.0, 2, tolerance_ms=10_000)
    then = await bucket.take("t", 1.0, 1, tolerance_ms=10_000)
    assert (first.granted, first.due_s, then.granted) == (2, 0.0, 1)
    assert 0 < then.due_s <= 2.0


async def test_a_rate_that_is_raised_counts_at_once(redis: Redis) -> None:
    bucket = TokenBucket(redis)
    assert (await bucket.take("t", 0.01))[:2] == (0, 100_000)
    assert (await bucket.take("t", 100.0))[:2] == (0, 10)


async def test_a_clock_set_back_does_not_close_the_bucket(redis: Redis) -> None:
    far = int((time.time() + 3600) * 1_000_000)
    await redis.set(keys.bucket("t"), str(far))
    assert (await TokenBucket(redis).take("t", 10.0))[:2] == (0, 100)


@pytest.mark.parametrize("rate", [0.0, -1.0])
async def test_a_rate_of_zero_grants_nothing(redis: Redis, rate: float) -> None:
    assert (await TokenBucket(redis).take("t", rate))[:2] == (0, 1000)
