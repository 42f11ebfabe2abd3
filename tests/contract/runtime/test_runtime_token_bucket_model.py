"""The token bucket's script against a model, on a real server, with a clock that hypothesis moves."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import pytest
import redis as sync_redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from discador.runtime import token_bucket
from discador.runtime.embedded_redis import EmbeddedRedis

# The same script with the clock as an argument.
SCRIPT = token_bucket._TAKE.replace("redis.call('TIME')", "{tonumber(ARGV[5]), tonumber(ARGV[6])}")
START_US = 1_800_000_000_000_000


@pytest.fixture(scope="module")
def client(redis_server: EmbeddedRedis) -> Iterator[sync_redis.Redis]:
    with sync_redis.Redis.from_url(redis_server.url, protocol=2) as connection:
        yield connection


class Model:
    """Tokens one by one, as the algorithm is written in I.371: a token conforms if it is not too early."""

    def __init__(self, interval: int, tolerance: int) -> None:
        self.interval, self.tolerance = interval, tolerance
        self.tat: int | None = None

    def take(self, now: int, wanted: int) -> int:
        if self.tat is None:
            self.tat = now + self.tolerance + self.interval
        granted = 0
        while granted < wanted and self.tat - self.tolerance <= now:
            self.tat = max(now, self.tat) + self.interval
            granted += 1
        return granted


steps = st.lists(
    st.tuples(st.sampled_from([0, 1, 999, 5_000, 33_334, 100_000, 400_000, 3_000_000]), st.integers(1, 40)),
    min_size=1,
    max_size=40,
)


@given(
    rate=st.sampled_from([0.5, 1.0, 3.0, 7.0, 10.0, 30.0, 99.9, 1000.0]),
    tolerance_ms=st.sampled_from([0, 1, 100, 1000]),
    steps=steps,
    wipes=st.sets(st.integers(0, 39)),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_script_grants_what_the_model_grants_and_never_too_much_in_a_second(
    client: sync_redis.Redis, rate: float, tolerance_ms: int, steps: list[tuple[int, int]], wipes: set[int]
) -> None:
    interval, tolerance = math.ceil(1_000_000 / rate), tolerance_ms * 1000
    script = client.register_script(SCRIPT)
    client.flushall()
    model = Model(interval, tolerance)
    now = START_US
    granted_at: list[int] = []
    due_at: list[int] = []
    for number, (later, wanted) in enumerate(steps):
        now += later
        if number in wipes:
            client.flushall()
            model.tat = None
        second, micros = divmod(now, 1_000_000)
        granted, wait, due = script(
            keys=["discador:bucket:t"], args=[interval, tolerance, wanted, 60_000, second, micros]
        )
        assert granted == model.take(now, wanted)
        assert wait == max(0, (model.tat or 0) - tolerance - now)
        granted_at += [now] * granted
        due_at += [now + due + place * interval for place in range(granted)]
    assert all(then - one >= interval for one, then in pairwise(due_at)), "however they are granted"
    bound = math.ceil(rate * (1 + tolerance_ms / 1000))
    for first in granted_at:
        assert sum(1 for at in granted_at if first <= at < first + 1_000_000) <= bound
