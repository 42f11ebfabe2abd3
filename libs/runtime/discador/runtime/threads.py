"""Blocking calls (the database driver) from asyncio, on a few threads."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from .errors import Exhausted, Unavailable

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """`size` threads, 1 to 32. At most `backlog` calls wait for one; more are refused with `Exhausted`,
    because a queue that only grows hides that the database is too slow.

    A blocking call cannot be interrupted: it must have its own timeout. If the awaiting task is cancelled,
    the call goes on to its end and its result is dropped; its thread is busy until then.
    """

    def __init__(self, size: int = 4, *, name: str = "blocking", backlog: int = 256) -> None:
        if not 1 <= size <= 32:
            raise ValueError("a pool has 1 to 32 threads")
        self._executor = ThreadPoolExecutor(size, thread_name_prefix=name)
        self._limit = size + backlog
        self._running: set[asyncio.Future[object]] = set()
        self._closed = False

    @property
    def in_use(self) -> int:
        """Calls that run or wait for a thread."""
        return len(self._running)

    async def run(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `fn` returns or raise what it raises. Context variables are carried along.

        Raises `Exhausted` when too many calls wait and `Unavailable` after `close`; nothing ran then.
        """
        if self._closed:
            raise Unavailable("this instance is stopping", error_id="stopping")
        if len(self._running) >= self._limit:
            raise Exhausted("too many calls wait for a database thread", error_id="threads-exhausted")
        context = contextvars.copy_context()
        future = asyncio.wrap_future(self._executor.submit(context.run, lambda: fn(*args, **kwargs)))
        self._running.add(future)  # type: ignore[arg-type]  # Future is invariant
        future.add_done_callback(self._running.discard)
        # Shielded, so that a cancelled caller leaves the call counted until it really ends.
        return await asyncio.shield(future)

    async def close(self, timeout_s: float = 5.0) -> bool:
        """Refuse new calls, wait for those accepted; True if all ended in time.

        After the time, calls that have not begun are dropped; one that still runs keeps its thread.
        """
        self._closed = True
        running = set(self._running)
        ended = not running or not (await asyncio.wait(running, timeout=timeout_s))[1]
        self._executor.shutdown(wait=ended, cancel_futures=True)
        return ended
