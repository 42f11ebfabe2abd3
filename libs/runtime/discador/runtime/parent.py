"""Ending with the process that started us.

With `DISCADOR_STOP_WITH_PARENT` set, our standard input is a pipe that the parent holds and never writes to. Its end
means that the parent is gone, by whatever death: then we stop in order. Works on every OS, unlike a death signal.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable

from .settings import variable


def watch_parent(stop: Callable[[str], object]) -> None:
    """Call `stop(reason)` in the running loop when the parent is gone. Does nothing unless the variable is set."""
    if variable("DISCADOR_STOP_WITH_PARENT") is None:
        return
    loop = asyncio.get_running_loop()

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 4096):  # not through sys.stdin: its lock would break an exit meanwhile
            continue
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop, "parent ended")

    # A daemon thread: it blocks in read for as long as the parent lives.
    threading.Thread(target=wait, name="parent-watch", daemon=True).start()
