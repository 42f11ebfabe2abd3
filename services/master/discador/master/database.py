"""The store, from asyncio: work in a thread, its refusals as the caller may see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ParamSpec, TypeVar

from google.protobuf.message import Message

from discador.core.errors import DomainError
from discador.master.once import answered_once
from discador.master.recording import own_deed, recorded
from discador.master.refusals import refusal
from discador.runtime.threads import Threads
from discador.store import Store
from discador.store.errors import StoreError

P = ParamSpec("P")
T = TypeVar("T")
M = TypeVar("M", bound=Message)


class Database:
    """What servicers know of the store. `store` itself must be used inside `run` or `once` only."""

    def __init__(self, store: Store, threads: Threads) -> None:
        self.store = store
        self.threads = threads

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `work` returns. Raises `ServiceError` for everything that store and core refuse."""
        try:
            return await self.threads.run(work, *args, **kwargs)
        except (StoreError, DomainError) as error:
            raise refusal(error) from error

    async def once(self, request: Message, response: type[M], work: Callable[[], M]) -> M:
        """Do `work` in one transaction, together with its entry in the audit log; with a `request_id` a repetition
        gets the first answer. `work` may be run again after a deadlock, so it must do nothing but use the store."""
        return await self.run(answered_once, self.store, request, response, recorded(self.store, request, work))

    async def record(self, action: str, what: str, now: Mapping[str, object] | None = None) -> None:
        """Add to the audit log what the caller does outside of `once`, before it is done."""
        deed = own_deed(action, what, now=now)
        await self.run(self.store.audit.append, deed)
