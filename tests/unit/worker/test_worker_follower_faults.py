from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from discador.runtime.streams import Entry, WorkStream
from discador.runtime.threads import Threads
from discador.store import Store
from discador.store.errors import DatabaseUnavailable
from discador.store.records import Applied, Happening
from discador.v1 import gateway_pb2 as wire
from discador.worker.follower import CHUNK, Follower, LeaseLost
from tests.unit.worker.worker_kit import attempt, new_id


class Stream:
    """Remembers what was acknowledged."""

    def __init__(self) -> None:
        self.acked: list[str] = []

    async def ack(self, ids: Iterable[str]) -> int:
        self.acked += ids
        return 0


class Progress:
    """Applies, unless it was told to fail: the next `away` times, or always for `poison`."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.applied: list[int | None] = []
        self.away = 0
        self.poison: int | None = None

    def apply(self, happenings: Sequence[Happening]) -> list[Applied]:
        if self.away:
            self.away -= 1
            raise DatabaseUnavailable("away")
        if any(happening.seq == self.poison for happening in happenings):
            raise ValueError("poison")
        self.batches.append(len(happenings))
        self.applied += [happening.seq for happening in happenings]
        return [Applied(attempt(), None, True, False) for _ in happenings]


@pytest.fixture
async def threads() -> AsyncIterator[Threads]:
    pool = Threads(2)
    yield pool
    await pool.close()


def follower(stream: Stream, progress: Progress, threads: Threads, lease: SimpleNamespace) -> Follower:
    store = cast(Store, SimpleNamespace(progress=progress))
    return Follower(1, "n1", cast(WorkStream, stream), "me", store, threads, lambda: lease.held)


def entry(number: int, seqs: Iterable[int]) -> Entry:
    events = [wire.CallEvent(seq=seq, kind=wire.CALL_EVENT_KIND_RINGING, attempt_id=str(new_id(seq))) for seq in seqs]
    return Entry(f"{number}-0", {b"batch": wire.CallEventBatch(events=events).SerializeToString()})


async def test_while_the_database_is_away_events_stay_unacknowledged_and_are_applied_when_it_is_back(
    threads: Threads,
) -> None:
    stream, progress = Stream(), Progress()
    progress.away = 2
    await follower(stream, progress, threads, SimpleNamespace(held=True)).apply([entry(1, [1, 2]), entry(2, [3])])
    assert (progress.applied, stream.acked) == ([1, 2, 3], ["1-0", "2-0"])


async def test_whoever_loses_the_lease_stops_and_acknowledges_nothing(threads: Threads) -> None:
    stream, progress, lease = Stream(), Progress(), SimpleNamespace(held=True)
    progress.away = 1_000
    work: Any = asyncio.ensure_future(follower(stream, progress, threads, lease).apply([entry(1, [1])]))
    await asyncio.sleep(0.02)
    lease.held = False
    with pytest.raises(LeaseLost):
        await work
    assert (progress.applied, stream.acked) == ([], [])


async def test_one_event_that_the_store_chokes_on_does_not_stop_the_others(threads: Threads) -> None:
    stream, progress = Stream(), Progress()
    progress.poison = 2
    await follower(stream, progress, threads, SimpleNamespace(held=True)).apply([entry(1, [1, 2, 3])])
    assert (progress.applied, stream.acked) == ([1, 3], ["1-0"])


async def test_many_entries_make_few_transactions_and_none_is_too_large(threads: Threads) -> None:
    stream, progress = Stream(), Progress()
    entries = [entry(n, range(n * 10 + 1, n * 10 + 11)) for n in range(45)]
    await follower(stream, progress, threads, SimpleNamespace(held=True)).apply(entries)
    assert progress.batches == [CHUNK, CHUNK, 50]
    assert progress.applied == list(range(1, 451)), "in order"
