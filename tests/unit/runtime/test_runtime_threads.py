"""Blocking calls on a few threads."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterator

import pytest

from discador.runtime.errors import Exhausted, Unavailable
from discador.runtime.threads import Threads


@pytest.fixture
async def threads() -> AsyncIterator[Threads]:
    pool = Threads(2, name="test-db", backlog=1)
    yield pool
    await pool.close()


async def test_a_call_runs_elsewhere_and_returns_or_raises_what_it_does(threads: Threads) -> None:
    assert (await threads.run(threading.current_thread)).name.startswith("test-db")
    assert await threads.run(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        await threads.run(divmod, 1, 0)


async def test_context_variables_are_carried_along(threads: Threads) -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("trace")
    variable.set("abc")
    assert await threads.run(variable.get) == "abc"


async def test_more_calls_than_threads_and_backlog_are_refused(threads: Threads) -> None:
    release = threading.Event()
    calls = [asyncio.ensure_future(threads.run(release.wait, 10)) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Exhausted):
        await threads.run(int)
    release.set()
    assert await asyncio.gather(*calls) == [True, True, True]
    assert threads.in_use == 0


async def test_a_cancelled_caller_leaves_the_call_counted_until_it_ends(threads: Threads) -> None:
    begun, release = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        release.wait(10)

    call = asyncio.ensure_future(threads.run(work))
    await asyncio.to_thread(begun.wait, 10)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert threads.in_use == 1
    release.set()
    assert await threads.close()
    assert threads.in_use == 0


async def test_after_close_nothing_is_accepted(threads: Threads) -> None:
    assert await threads.close()
    with pytest.raises(Unavailable):
        await threads.run(int)


async def test_close_gives_up_on_a_call_that_does_not_end_and_says_so(threads: Threads) -> None:
    release = threading.Event()
    call = asyncio.ensure_future(threads.run(release.wait, 10))
    await asyncio.sleep(0)
    assert not await threads.close(0.01)
    release.set()
    assert await call


@pytest.mark.parametrize("size", [0, 33])
def test_a_pool_is_small(size: int) -> None:
    with pytest.raises(ValueError, match="1 to 32"):
        Threads(size)
