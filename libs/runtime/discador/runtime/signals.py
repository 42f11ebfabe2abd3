"""Stop signals for an asyncio program, on POSIX and on Windows."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

# SIGBREAK is what Windows sends for Ctrl-Break, the only signal a parent can send to a child there.
_NAMES: Final = ("SIGTERM", "SIGINT", "SIGBREAK")


@contextmanager
def stop_signals(handler: Callable[[str], None]) -> Iterator[None]:
    """Call `handler(name)` in the running loop at each stop signal; restore the old handlers at the end.

    Outside the main thread nothing is installed: only a main thread can receive signals.
    """
    loop = asyncio.get_running_loop()
    undo: list[Callable[[], object]] = []
    for name in _NAMES:
        number = getattr(signal, name, None)
        if number is not None:
            _install(loop, number, name, handler, undo)
    try:
        yield
    finally:
        for restore in undo:
            restore()


def _install(
    loop: asyncio.AbstractEventLoop,
    number: signal.Signals,
    name: str,
    handler: Callable[[str], None],
    undo: list[Callable[[], object]],
) -> None:
    def on_signal(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(handler, name)

    try:
        loop.add_signal_handler(number, handler, name)
        undo.append(lambda: loop.remove_signal_handler(number))
    except NotImplementedError:  # Windows
        try:
            previous = signal.signal(number, on_signal)
        except ValueError:  # not the main thread
            return
        undo.append(lambda: signal.signal(number, previous))
    except (ValueError, RuntimeError):  # not the main thread
        return
