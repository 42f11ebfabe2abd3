"""Heartbeats on real servers."""

from __future__ import annotations

from datetime import UTC, datetime

from discador.runtime import keys
from discador.runtime.presence import Heartbeat, Instance, list_services
from discador.runtime.redis_client import Redis


async def test_a_beating_instance_is_listed_with_all_it_says(redis: Redis) -> None:
    one = Instance("worker", "worker-1", version="1.2", address="127.0.0.1:5", started_at=datetime.now(UTC))
    await Heartbeat(redis, one, state=lambda: "ready", stats=lambda: {"slots": 7}).run_once()
    [seen] = await list_services(redis)
    assert seen.instance == one
    assert seen.state == "ready"
    assert seen.stats == {"slots": 7}
    assert 0 <= seen.age_s < 5
    assert 0 < await redis.pttl(keys.presence("worker", "worker-1")) <= 10_000


async def test_instances_are_listed_by_service_then_oldest_first(redis: Redis) -> None:
    for service, name, hour in (("worker", "w2", 2), ("worker", "w1", 1), ("master", "m1", 3)):
        one = Instance(service, name, started_at=datetime(2026, 1, 1, hour, tzinfo=UTC))
        await Heartbeat(redis, one, state=lambda: "ready").run_once()
    assert [seen.instance.instance for seen in await list_services(redis)] == ["m1", "w1", "w2"]


async def test_an_instance_that_leaves_or_falls_silent_is_not_listed(redis: Redis) -> None:
    beats = [Heartbeat(redis, Instance("web", name), state=lambda: "ready") for name in ("polite", "killed")]
    for beat in beats:
        await beat.run_once()
    await beats[0].leave()
    await redis.delete(keys.presence("web", "killed"))  # what the end of its time to live does
    assert await list_services(redis) == []
    assert await redis.smembers(keys.presence_index()) == set()


async def test_a_wiped_presence_is_back_with_the_next_beat(redis: Redis) -> None:
    beat = Heartbeat(redis, Instance("web", "web-1"), state=lambda: "quiet")
    await beat.run_once()
    await redis.flushall()
    assert await list_services(redis) == []
    await beat.run_once()
    assert [seen.state for seen in await list_services(redis)] == ["quiet"]
