from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import cast
from uuid import UUID

from discador.runtime.streams import Entry, Taken, WorkStream
from discador.store.errors import DatabaseUnavailable
from discador.worker.job import Job
from discador.worker.jobs import Jobs
from tests.unit.worker.worker_kit import new_id


def entry(number: int) -> Entry:
    return Entry(f"{number}-0", {b"attempt": str(new_id(number)).encode(), b"trunk": b"1", b"node": b"1"})


class Stream:
    """One dead job at the first look, then one job."""

    def __init__(self) -> None:
        self.waiting = [entry(2)]
        self.dead = (entry(1),)
        self.acked: list[str] = []

    async def reclaim(self, consumer: str, min_idle_ms: int, count: int) -> Taken:
        dead, self.dead = self.dead, ()
        return Taken((), dead)

    async def read(self, consumer: str, count: int, block_ms: int) -> Sequence[Entry]:
        await asyncio.sleep(0.01)
        taken, self.waiting = self.waiting, []
        return taken

    async def ack(self, ids: Iterable[str]) -> int:
        self.acked += ids
        return 1


async def test_a_job_that_cannot_be_given_up_because_the_database_is_away_ends_no_other() -> None:
    stream, carried_out = Stream(), []

    async def carry_out(job: Job) -> None:
        carried_out.append(job.attempt_id)

    async def give_up(_: Sequence[UUID]) -> None:
        raise DatabaseUnavailable("away")

    jobs = Jobs(cast(WorkStream, stream), "me", 4, 1.0, carry_out, give_up)
    taking = asyncio.create_task(jobs.take())
    async with asyncio.timeout(5):
        while not stream.acked:
            assert not taking.done(), taking
            await asyncio.sleep(0.01)
    await jobs.close()
    await taking
    assert carried_out == [new_id(2)]
