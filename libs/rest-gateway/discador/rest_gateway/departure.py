"""Noticing that the client hung up, while a call runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.types import Receive

from discador.rest_gateway.errors import ClientLeft, RequestError


@asynccontextmanager
async def cancelling_on_departure(receive: Receive, call: Any) -> AsyncIterator[None]:
    """Cancel the gRPC `call` as soon as the client leaves, and in any case at the end of the block.

    Raises `ClientLeft` where the block ended because of that, and `RequestError` (503) where somebody else
    cancelled the call: its channel was closed.
    """
    watch = asyncio.ensure_future(_until_gone(receive))
    watch.add_done_callback(lambda done: None if done.cancelled() else call.cancel())
    try:
        yield
    except asyncio.CancelledError:
        if _has_left(watch):
            raise ClientLeft from None
        task = asyncio.current_task()
        if task is not None and not task.cancelling():
            raise RequestError(14, "the service is stopping; try again") from None
        raise
    finally:
        call.cancel()
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)


async def _until_gone(receive: Receive) -> None:
    # A body nobody reads stands before the disconnect, and stops the server from reading on: drain it.
    while (await receive())["type"] != "http.disconnect":
        pass


def _has_left(watch: asyncio.Future[None]) -> bool:
    return watch.done() and not watch.cancelled()
