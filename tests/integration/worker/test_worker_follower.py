from __future__ import annotations

import asyncio
import random
import time
from uuid import UUID

import pytest

from discador.core.attempt import Outcome, State
from discador.core.campaign import DigitAction
from discador.v1 import gateway_pb2 as wire
from tests.integration.worker.bench import Bench, environ, until
from tests.integration.worker.gateway import ANSWERED, HUNG_UP, RINGING, SUBMITTED

DIGIT, NODE_UP = wire.CALL_EVENT_KIND_DIGIT, wire.CALL_EVENT_KIND_NODE_UP


def gated(bench: Bench, count: int) -> list[UUID]:
    ids = bench.reserve(count)
    bench.gate_by_hand(ids)
    return ids


async def holder(bench: Bench) -> str:
    value = await bench.redis.get("discador:lease:events:n1")
    return value.decode() if value else ""


@pytest.mark.parametrize("seed", range(2))
async def test_batches_that_come_twice_and_in_any_order_end_each_call_once_with_its_own_outcome(
    bench: Bench, seed: int
) -> None:
    chance = random.Random(seed)
    ids = gated(bench, 12)
    busy, answered = ids[:6], ids[6:]
    events = [e for id_ in busy for e in bench.gateway.busy(str(id_))]
    events += [e for id_ in answered for e in bench.gateway.answered(str(id_))]
    events += events
    chance.shuffle(events)
    for start in range(0, len(events), 5):
        await bench.gateway.publish(events[start : start + 5])
    async with bench.worker():
        await bench.until_all(ids, State.ENDED)
        await until(lambda: _no_events(bench))
    assert {bench.attempt(id_).outcome for id_ in busy} == {Outcome.BUSY}
    assert {bench.attempt(id_).outcome for id_ in answered} == {Outcome.CONNECTED}
    _, outcomes = bench.store.campaigns.counters(bench.campaign_id)
    assert (outcomes[Outcome.BUSY], outcomes[Outcome.CONNECTED]) == (6, 6), "each is counted once"


async def test_a_key_that_means_opt_out_reaches_the_do_not_call_list(bench: Bench) -> None:
    bench.with_settings(digits={"9": DigitAction.OPT_OUT})
    [id_] = gated(bench, 1)
    make = bench.gateway.event
    await bench.gateway.publish([make(ANSWERED, str(id_)), make(DIGIT, str(id_), digit="9")])
    async with bench.worker():
        await until(lambda: bench.attempt(id_).digits == "9")
    assert bench.store.dnc.which([bench.attempt(id_).number])


async def test_when_the_gateway_is_back_calls_that_did_not_survive_are_in_doubt_at_once(bench: Bench) -> None:
    make = bench.gateway.event
    alive, dead, unsent, later = gated(bench, 4)
    await bench.gateway.publish([make(SUBMITTED, str(id_)) for id_ in (alive, dead)])
    live = [wire.LiveCall(attempt_id=str(alive))]
    await bench.gateway.publish([make(NODE_UP, live=live, boot_id="b2"), make(SUBMITTED, str(later))])
    async with bench.worker():
        await bench.until_all([dead], State.IN_DOUBT)
        await bench.until_all([alive, later], State.SUBMITTED)
    assert bench.attempt(unsent).state is State.SUBMITTING, "its Originate may still be on its way"


async def test_what_is_no_event_of_ours_is_passed_over_and_the_rest_applied(bench: Bench) -> None:
    [id_] = gated(bench, 1)
    make = bench.gateway.event
    await bench.redis.xadd("discador:events:n1", {b"batch": b"\xff\xff not a message"})
    await bench.redis.xadd("discador:events:n1", {b"other": b"field"})
    unknown = "01890000-0000-7000-8000-000000000000"
    await bench.gateway.publish([make(RINGING, "1700.42"), make(RINGING, unknown), *bench.gateway.busy(str(id_))])
    async with bench.worker():
        await bench.until_all([id_], State.ENDED)
        await until(lambda: _no_events(bench))


async def test_another_worker_takes_over_within_twelve_seconds_of_a_sigkill_and_loses_no_event(bench: Bench) -> None:
    ids = gated(bench, 20)
    first = bench.worker_process({**environ(), "DISCADOR_KILL_AT": "follower.applied:3"})
    await until(lambda: holder(bench))
    dead_holder = await holder(bench)
    async with bench.worker():
        for id_ in ids:
            await bench.gateway.publish(bench.gateway.busy(str(id_)))
            await asyncio.sleep(0.03)
        await until(lambda: not first.running)
        killed = time.monotonic()
        await bench.until_all(ids, State.ENDED, within=12)
        assert time.monotonic() - killed < 12
        assert await holder(bench) not in ("", dead_holder)
        await until(lambda: _no_events(bench))
    assert {bench.attempt(id_).outcome for id_ in ids} == {Outcome.BUSY}


async def test_a_worker_that_was_frozen_past_its_lease_does_no_harm_when_it_wakes(bench: Bench) -> None:
    ids = gated(bench, 6)
    frozen = bench.worker_process(environ())
    await until(lambda: holder(bench))
    await bench.gateway.publish([bench.gateway.event(SUBMITTED, str(id_)) for id_ in ids])
    await bench.until_all(ids, State.SUBMITTED)
    frozen.freeze()
    async with bench.worker():
        for id_ in ids:
            await bench.gateway.publish(bench.gateway.answered(str(id_)))
        await bench.until_all(ids, State.ENDED, within=12)
        frozen.thaw()
        await bench.gateway.publish([bench.gateway.event(HUNG_UP, str(id_), hangup_cause=17) for id_ in ids])
        await until(lambda: _no_events(bench))
        assert {bench.attempt(id_).outcome for id_ in ids} == {Outcome.CONNECTED}
    frozen.stop()


async def test_an_entry_that_a_former_holder_read_and_never_applied_is_found(bench: Bench) -> None:
    [id_] = gated(bench, 1)
    async with bench.worker():
        await until(lambda: holder(bench))
        await bench.gateway.publish([bench.gateway.event(SUBMITTED, str(id_))])
        await bench.until_all([id_], State.SUBMITTED)
        async with bench.redis.pipeline(transaction=True) as pipe:  # before the holder can read it
            batch = wire.CallEventBatch(node="n1", events=bench.gateway.busy(str(id_)))
            pipe.xadd("discador:events:n1", {b"batch": batch.SerializeToString()})
            pipe.xreadgroup("outcomes", "former", {"discador:events:n1": ">"})
            await pipe.execute()
        await bench.until_all([id_], State.ENDED)
        await until(lambda: _no_events(bench))


async def test_a_follower_ends_when_told_whatever_redis_is_doing_at_that_moment(bench: Bench) -> None:
    ids = gated(bench, 60)
    for _ in range(5):
        async with bench.worker() as worker:
            await until(lambda: holder(bench))
            for id_ in ids:
                await bench.gateway.publish([bench.gateway.event(RINGING, str(id_))])
            worker.stop("test")
            told = time.monotonic()
            await until(lambda worker=worker: worker.state.value == "stopped", within=20)
            assert time.monotonic() - told < 6


async def test_nodes_spread_over_workers(bench: Bench) -> None:
    for n in (2, 3, 4):
        bench.store.nodes.create(f"n{n}", bench.gateway.address)
    async with bench.workers(2):
        await until(lambda: _spread(bench, 4, 2), within=25)


async def _spread(bench: Bench, nodes: int, workers: int) -> bool:
    held = [await bench.redis.get(key) for key in await bench.redis.keys("discador:lease:events:*")]
    return len(held) == nodes and sorted(held.count(one) for one in set(held)) == [nodes // workers] * workers


async def _no_events(bench: Bench) -> bool:
    return not await bench.redis.xlen("discador:events:n1")
