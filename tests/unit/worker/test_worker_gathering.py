from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from discador.worker.gathering import Gathering


class Work:
    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self, items: Sequence[int]) -> Sequence[int]:
        self.batches.append(list(items))
        await self.go.wait()
        return [item * 10 for item in items]


async def test_those_who_come_together_are_worked_on_together_and_each_gets_its_own_answer() -> None:
    work = Work()
    gathering = Gathering(work, limit=50, linger_s=0.01)
    assert await asyncio.gather(*(gathering.join(n) for n in range(5))) == [0, 10, 20, 30, 40]
    assert work.batches == [[0, 1, 2, 3, 4]]


async def test_a_full_group_does_not_wait_for_its_time_and_the_next_one_opens_beside_it() -> None:
    work = Work()
    gathering = Gathering(work, limit=2, linger_s=60)
    first, rest = gathering.join(1), (gathering.join(n) for n in (2, 3, 4))
    async with asyncio.timeout(5):
        assert await asyncio.gather(first, *rest) == [10, 20, 30, 40]
    assert work.batches == [[1, 2], [3, 4]]


async def test_a_group_at_work_does_not_hold_back_the_next_one() -> None:
    work = Work()
    work.go.clear()
    gathering = Gathering(work, limit=1, linger_s=0.01)
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(gathering.join(1))
        group.create_task(gathering.join(2))
        while len(work.batches) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0)
        work.go.set()


async def test_every_member_gets_the_error_of_the_work() -> None:
    async def fail(items: Sequence[int]) -> Sequence[int]:
        raise OSError("away")

    gathering: Gathering[int, int] = Gathering(fail, limit=9, linger_s=0.001)
    results = await asyncio.gather(*(gathering.join(n) for n in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [OSError] * 3
    with pytest.raises(OSError, match="away"):
        await gathering.join(4)


async def test_when_the_leader_is_cancelled_its_members_are_too_and_later_ones_begin_anew() -> None:
    work = Work()
    gathering = Gathering(work, limit=9, linger_s=60)
    leader = asyncio.ensure_future(gathering.join(1))
    member = asyncio.ensure_future(gathering.join(2))
    await asyncio.sleep(0)
    leader.cancel()
    assert [type(r) for r in await asyncio.gather(leader, member, return_exceptions=True)] == [
        asyncio.CancelledError
    ] * 2
    fresh = Gathering(work, limit=1, linger_s=60)
    assert await fresh.join(3) == 30
