"""Gather what concurrent tasks ask for into one piece of work: the first to come waits a moment, then works for all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

I = TypeVar("I")  # noqa: E741 - an item
R = TypeVar("R")


class Gathering(Generic[I, R]):
    """`join(item)` returns the answer to `item` out of `work(items)`, which answers in the order of its items.

    A group closes `linger_s` after its first item, or with `limit` items; several groups may be at work at once.
    What `work` raises, every member of the group gets.
    """

    def __init__(self, work: Callable[[Sequence[I]], Awaitable[Sequence[R]]], *, limit: int, linger_s: float) -> None:
        self._work = work
        self._limit = limit
        self._linger_s = linger_s
        self._open: _Group[I, R] | None = None

    async def join(self, item: I) -> R:
        """Return the answer to `item`."""
        group = self._open
        leads = group is None
        if group is None:
            group = self._open = _Group()
        place = len(group.items)
        group.items.append(item)
        if len(group.items) >= self._limit:
            self._close(group)
        if leads:
            await self._lead(group)
        answers = await asyncio.shield(group.answers)
        return answers[place]

    async def _lead(self, group: _Group[I, R]) -> None:
        try:
            if not group.full.is_set():
                try:
                    async with asyncio.timeout(self._linger_s):
                        await group.full.wait()
                except TimeoutError:
                    self._close(group)
            group.answers.set_result(await self._work(group.items))
        except Exception as error:
            group.answers.set_exception(error)
        except asyncio.CancelledError:
            # Nobody leads any more: the members end as their leader did.
            self._close(group)
            group.answers.cancel()
            raise

    def _close(self, group: _Group[I, R]) -> None:
        group.full.set()
        if self._open is group:
            self._open = None


class _Group(Generic[I, R]):
    def __init__(self) -> None:
        self.items: list[I] = []
        self.full = asyncio.Event()
        self.answers: asyncio.Future[Sequence[R]] = asyncio.get_running_loop().create_future()
