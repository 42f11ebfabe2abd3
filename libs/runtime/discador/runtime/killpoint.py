"""Named places where a fault test may end or freeze the process.

`DISCADOR_KILL_AT=worker.gated` ends it there at once, as SIGKILL would (exit code 137); `worker.gated:3` at
the third passage; several points are separated by commas. `DISCADOR_FREEZE_AT` stops it instead, as SIGSTOP
would, until somebody continues it. Without these variables a kill point is an empty function.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

from .settings import variable


def arm(kill_at: str | None, freeze_at: str | None) -> Callable[[str], None]:
    """Return the function that a kill point calls. `killpoint` below is the one of this process."""
    due = [(name, nth, _kill) for name, nth in _points(kill_at)]
    due += [(name, nth, _freeze) for name, nth in _points(freeze_at)]
    if not due:
        return _pass
    passages: dict[str, int] = {}

    def passed(name: str) -> None:
        passages[name] = passages.get(name, 0) + 1
        for point, nth, act in due:
            if point == name and passages[name] == nth:
                act()

    return passed


def _points(text: str | None) -> list[tuple[str, int]]:
    found = []
    for part in (text or "").split(","):
        name, _, nth = part.strip().partition(":")
        if name:
            found.append((name, int(nth or 1)))
    return found


def _pass(name: str) -> None:
    """The kill point of a normal run."""


def _kill() -> None:
    os._exit(137)


def _freeze() -> None:
    stop = getattr(signal, "SIGSTOP", None)
    if stop is not None:
        os.kill(os.getpid(), stop)
        return
    while True:  # Windows has no SIGSTOP: at least this thread, the event loop's, stands still for good
        time.sleep(3600)


killpoint: Callable[[str], None] = arm(variable("DISCADOR_KILL_AT"), variable("DISCADOR_FREEZE_AT"))
