"""Events reach the stream in order and without loss, also while Redis is away."""

from __future__ import annotations

import asyncio
import itertools

from redis.exceptions import ConnectionError as RedisConnectionError

from discador.ami_gateway import publisher as module
from discador.ami_gateway.publisher import BATCH, Publisher
from discador.v1 import gateway_pb2 as wire


class Stream:
    """Takes batches; `away` makes it refuse, `loses_answers` makes it take and then fail."""

    def __init__(self) -> None:
        self.batches: list[wire.CallEventBatch] = []
        self.away = False
        self.loses_answers = 0
        self.refused = asyncio.Event()

    async def append(self, data: bytes) -> None:
        if self.away:
            self.refused.set()
            raise RedisConnectionError("away")
        self.batches.append(wire.CallEventBatch.FromString(data))
        if self.loses_answers:
            self.loses_answers -= 1
            raise RedisConnectionError("the answer got lost")

    @property
    def attempts(self) -> list[str]:
        return [event.attempt_id for batch in self.batches for event in batch.events]

    @property
    def numbers(self) -> list[int]:
        return [event.seq for batch in self.batches for event in batch.events]


async def publish(publisher: Publisher, count: int) -> None:
    for number in range(count):
        publisher.emit(wire.CallEvent(attempt_id=str(number)))
    publisher.finish()
    await publisher.run()


async def test_events_are_coalesced_and_keep_their_order() -> None:
    stream = Stream()
    await publish(Publisher("n", "g", stream.append), 2 * BATCH + 1)
    assert stream.attempts == [str(number) for number in range(2 * BATCH + 1)]
    assert [len(batch.events) for batch in stream.batches] == [BATCH, BATCH, 1]
    assert {(batch.node, batch.gateway_id) for batch in stream.batches} == {("n", "g")}


async def test_numbers_rise_though_the_clock_stands_or_goes_back() -> None:
    stream = Stream()
    clock = itertools.chain([100, 100, 50, 200], itertools.repeat(10))
    await publish(Publisher("n", "g", stream.append, lambda: next(clock)), 6)
    assert stream.numbers == [100, 101, 102, 200, 201, 202]


async def test_nothing_is_lost_while_redis_is_away() -> None:
    stream = Stream()
    publisher = Publisher("n", "g", stream.append)
    stream.away = True
    running = asyncio.create_task(publisher.run())
    for number in range(500):
        publisher.emit(wire.CallEvent(attempt_id=str(number)))
    await stream.refused.wait()
    assert publisher.buffered == 500
    stream.away = False
    publisher.finish()
    await running
    assert stream.attempts == [str(number) for number in range(500)]
    assert publisher.buffered == 0


async def test_a_batch_whose_answer_got_lost_comes_again_with_the_same_numbers() -> None:
    stream = Stream()
    stream.loses_answers = 1
    await publish(Publisher("n", "g", stream.append), 3)
    assert len(stream.batches) == 2
    assert stream.batches[0] == stream.batches[1]


async def test_the_buffer_has_an_end_and_says_so_before() -> None:
    publisher = Publisher("n", "g", Stream().append)
    for _ in range(module.REFUSE_CALLS_AT):
        publisher.emit(wire.CallEvent())
    assert publisher.full
    for _ in range(module.KEEP - module.REFUSE_CALLS_AT + 5):
        publisher.emit(wire.CallEvent())
    assert (publisher.buffered, publisher.dropped) == (module.KEEP, 5)


async def test_on_standby_nothing_is_published() -> None:
    stream = Stream()
    publisher = Publisher("n", "g", stream.append)
    publisher.enabled = False
    await publish(publisher, 3)
    assert stream.batches == []
