"""Whether the running task was told to end, also when a library let the CancelledError fall.

`asyncio.wait_for` drops a cancellation that meets the end of what it waits for, up to Python 3.11
(python/cpython#86296); redis-py sends every command through it. A loop that never ends must therefore ask, or
a stop takes its whole grace.
"""

from __future__ import annotations

import asyncio


def is_cancelled() -> bool:
    """Tell whether somebody has cancelled the running task."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def raise_if_cancelled() -> None:
    """End the running task if somebody has cancelled it."""
    if is_cancelled():
        raise asyncio.CancelledError
