"""Messages of a running stream, a few at a time: many small writes cost more than one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, Final

import grpc

MAX_BATCH: Final = 32  # messages
COALESCE: Final = 0.02  # seconds between two writes of a busy stream


async def batches(call: Any, silence: float) -> AsyncGenerator[list[Any], None]:
    """Yield messages as they come, coalesced while the stream is busy; an empty list after `silence` seconds.

    A message after a pause is not held back. The next one is only read once a batch is taken, so a slow
    client slows the service down. Raises `grpc.aio.AioRpcError`, after the messages that came before it.
    """
    clock = asyncio.get_running_loop().time
    batch: list[Any] = []
    written_at = clock() - COALESCE
    read = asyncio.ensure_future(call.read())
    try:
        while True:
            patience = max(0.0, written_at + COALESCE - clock()) if batch else silence
            arrived, _ = await asyncio.wait({read}, timeout=patience)
            if arrived:
                try:
                    message = read.result()
                except grpc.aio.AioRpcError:
                    if batch:
                        yield batch
                    raise
                if message is grpc.aio.EOF:
                    if batch:
                        yield batch
                    return
                batch.append(message)
                read = asyncio.ensure_future(call.read())
            if not arrived or len(batch) >= MAX_BATCH:
                yield batch
                batch = []
                written_at = clock()
    finally:
        read.cancel()
        await asyncio.gather(read, return_exceptions=True)
