"""The work queue on real servers: what it promises when consumers die, freeze, or Redis is wiped."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from discador.runtime.embedded_redis import EmbeddedRedis
from discador.runtime.redis_client import Redis, connect
from discador.runtime.streams import Backlog, Entry, Wiped, WorkStream


@pytest.fixture
async def stream(redis: Redis) -> WorkStream:
    work = WorkStream(redis, "discador:test:jobs", "workers")
    assert await work.ensure()
    return work


def jobs(*numbers: int) -> list[dict[bytes, bytes]]:
    return [{b"job": str(number).encode(), b"body": bytes([0, 255, number])} for number in numbers]


def numbers(entries: list[Entry] | tuple[Entry, ...]) -> list[int]:
    return [int(entry.fields[b"job"]) for entry in entries]


async def test_entries_come_out_once_in_the_order_they_were_published(stream: WorkStream) -> None:
    ids = await stream.publish(jobs(*range(10)))
    first = await stream.read("a", 4, 0)
    second = await stream.read("b", 10, 0)
    assert numbers(first) == [0, 1, 2, 3]
    assert numbers(second) == [4, 5, 6, 7, 8, 9]
    assert [entry.id for entry in (*first, *second)] == ids
    assert first[1].fields[b"body"] == b"\x00\xff\x01"
    assert await stream.read("a", 4, 10) == []


async def test_what_was_published_before_the_group_existed_is_read(redis: Redis) -> None:
    late = WorkStream(redis, "discador:test:late", "workers")
    await late.publish(jobs(1))
    assert await late.ensure()
    assert not await late.ensure()
    assert numbers(await late.read("a", 10, 0)) == [1]


async def test_an_acknowledged_entry_leaves_the_stream_and_the_backlog(stream: WorkStream) -> None:
    await stream.publish(jobs(1, 2, 3))
    taken = await stream.read("a", 2, 0)
    assert await stream.backlog() == Backlog(waiting=1, pending=2)
    assert await stream.ack([entry.id for entry in taken]) == 2
    assert await stream.ack([taken[0].id]) == 0
    assert await stream.backlog() == Backlog(waiting=1, pending=0)
    assert (await stream.backlog()).total == 1


async def test_a_read_waits_for_work_and_gets_it_when_it_comes(stream: WorkStream) -> None:
    reader = asyncio.ensure_future(stream.read("a", 1, 4000))
    await asyncio.sleep(0)
    await stream.publish(jobs(7))
    assert numbers(await reader) == [7]


async def test_nothing_is_asked_for_when_no_slot_is_free(stream: WorkStream) -> None:
    await stream.publish(jobs(1))
    assert await stream.read("a", 0, 1000) == []
    assert (await stream.backlog()).waiting == 1


async def test_the_work_of_a_dead_consumer_goes_to_another_oldest_first(stream: WorkStream) -> None:
    await stream.publish(jobs(1, 2, 3))
    await stream.read("dead", 3, 0)
    assert await stream.reclaim("alive", 60_000, 10) == await stream.reclaim("alive", 60_000, 0)
    first = await stream.reclaim("alive", 0, 2)
    assert numbers(first.entries) == [1, 2]
    assert [entry.deliveries for entry in first.entries] == [2, 2]
    assert first.dead == ()


async def let_lie(redis: Redis, stream: WorkStream, consumer: str, ids: list[str]) -> None:
    """Make entries look as if their consumer had not renewed them for a minute."""
    await redis.xclaim(stream.key, stream.group, consumer, 0, ids, idle=60_000, justid=True)  # type: ignore[arg-type]


async def test_a_reclaim_finds_idle_work_behind_many_entries_that_are_renewed(stream: WorkStream, redis: Redis) -> None:
    ids = await stream.publish(jobs(*range(120)))
    await stream.read("busy", 119, 0)
    await stream.read("dead", 1, 0)
    await let_lie(redis, stream, "dead", ids[-1:])
    assert numbers((await stream.reclaim("alive", 30_000, 1)).entries) == [119]


async def test_a_renewed_entry_is_not_reclaimed_and_renewal_counts_as_no_delivery(
    stream: WorkStream, redis: Redis
) -> None:
    ids = await stream.publish(jobs(1))
    await stream.read("slow", 1, 0)
    for _ in range(5):
        await let_lie(redis, stream, "slow", ids)
        assert await stream.renew("slow", ids) == set(ids)
        assert (await stream.reclaim("other", 30_000, 1)).entries == ()
    await let_lie(redis, stream, "slow", ids)
    [again] = (await stream.reclaim("other", 30_000, 1)).entries
    assert again.deliveries == 2


async def test_a_consumer_that_was_frozen_learns_that_its_entry_belongs_to_another(stream: WorkStream) -> None:
    await stream.publish(jobs(1, 2))
    mine = [entry.id for entry in await stream.read("frozen", 2, 0)]
    await stream.reclaim("other", 0, 1)
    assert await stream.renew("frozen", mine) == {mine[1]}
    assert await stream.renew("other", mine) == {mine[0]}
    await stream.ack([mine[0]])
    assert await stream.renew("other", [mine[0]]) == set()


async def test_a_consumer_that_restarts_under_its_name_gets_its_own_work_back_in_order(stream: WorkStream) -> None:
    await stream.publish(jobs(1, 2, 3))
    await stream.read("a", 2, 0)
    taken = await stream.pending("a")
    assert numbers(taken.entries) == [1, 2]
    assert {entry.deliveries for entry in taken.entries} == {2}
    assert (await stream.pending("stranger")).entries == ()


async def test_an_entry_delivered_more_than_three_times_goes_to_the_dead_stream(
    stream: WorkStream, redis: Redis
) -> None:
    await stream.publish(jobs(13))
    [poison] = await stream.read("victim-1", 1, 0)
    for delivery in (2, 3):
        [entry] = (await stream.reclaim(f"victim-{delivery}", 0, 1)).entries
        assert entry.deliveries == delivery
    taken = await stream.reclaim("victim-4", 0, 1)
    assert taken.entries == ()
    assert [(entry.id, entry.deliveries) for entry in taken.dead] == [(poison.id, 4)]
    assert taken.dead[0].fields[b"job"] == b"13"
    [(_, kept)] = await redis.xrange("discador:test:jobs:dead")
    assert kept[b"job"] == b"13"
    assert kept[b"dead_id"] == poison.id.encode()
    assert kept[b"deliveries"] == b"4"
    assert await stream.backlog() == Backlog(0, 0)


async def test_a_wipe_is_told_once_and_the_group_stands_again(stream: WorkStream, redis: Redis) -> None:
    await stream.publish(jobs(1))
    await stream.read("a", 1, 0)
    await redis.flushall()
    with pytest.raises(Wiped):
        await stream.read("a", 1, 0)
    await stream.publish(jobs(2))
    assert numbers(await stream.read("a", 1, 0)) == [2]


async def test_a_wipe_wakes_a_reader_that_waits(
    stream: WorkStream, redis: Redis, redis_server: EmbeddedRedis, eventually: Any
) -> None:
    async def somebody_reads() -> bool:
        return any(client["cmd"] == "xreadgroup" for client in await redis.client_list())

    other = connect(redis_server.url)
    reader = asyncio.ensure_future(WorkStream(other, stream.key, stream.group).read("a", 1, 4000))
    await eventually(somebody_reads)
    await redis.flushall()
    with pytest.raises(Wiped):
        await reader
    await other.aclose()


async def test_work_published_between_a_wipe_and_its_discovery_is_read(stream: WorkStream, redis: Redis) -> None:
    await redis.flushall()
    await stream.publish(jobs(5))
    with pytest.raises(Wiped):
        await stream.read("a", 1, 0)
    assert numbers(await stream.read("a", 1, 0)) == [5]


@pytest.mark.parametrize("operation", ["renew", "reclaim", "pending", "drop_idle_consumers"])
async def test_every_operation_on_the_group_tells_of_a_wipe(stream: WorkStream, redis: Redis, operation: str) -> None:
    await redis.flushall()
    calls = {
        "renew": lambda: stream.renew("a", ["1-1"]),
        "reclaim": lambda: stream.reclaim("a", 0, 1),
        "pending": lambda: stream.pending("a"),
        "drop_idle_consumers": lambda: stream.drop_idle_consumers(0),
    }
    with pytest.raises(Wiped):
        await calls[operation]()
    assert await stream.backlog() == Backlog(0, 0)
    assert not await stream.ensure()


async def test_the_backlog_of_a_wiped_stream_is_zero(stream: WorkStream, redis: Redis) -> None:
    await redis.flushall()
    assert await stream.backlog() == Backlog(0, 0)
    assert await stream.ack(["1-1"]) == 0


async def test_a_silent_consumer_is_forgotten_only_when_nothing_is_pending_with_it(
    stream: WorkStream, redis: Redis
) -> None:
    await stream.publish(jobs(1, 2))
    await stream.read("holder", 1, 0)
    [done] = await stream.read("finished", 1, 0)
    await stream.ack([done.id])
    assert await stream.drop_idle_consumers(60_000) == []
    assert await stream.drop_idle_consumers(0) == ["finished"]
    assert numbers((await stream.reclaim("new", 0, 1)).entries) == [1]


async def test_an_entry_deleted_by_hand_leaves_no_lease_behind(stream: WorkStream, redis: Redis) -> None:
    [gone, kept] = await stream.publish(jobs(1, 2))
    await stream.read("a", 2, 0)
    await redis.xdel(stream.key, gone)
    assert [entry.id for entry in (await stream.pending("a")).entries] == [kept]
    assert await stream.backlog() == Backlog(waiting=0, pending=1)
