"""One named task under a supervisor: repeats, backs off, remembers how it went."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, Final

from .log import get_logger

_BACKOFF_FIRST_S: Final = 0.2
_BACKOFF_LIMIT_S: Final = 5.0
_log: Final = get_logger("lifecycle")


class Supervised:
    """Made by `Supervisor.every` and `Supervisor.spawn`; the service may `wake` it or `cancel` it."""

    def __init__(
        self,
        name: str,
        run: Callable[[], Coroutine[Any, Any, object]],
        interval_s: float | None,
        critical: bool,
        until_quiet: bool,
    ) -> None:
        self.name = name
        self.critical = critical
        self.until_quiet = until_quiet
        self.task: asyncio.Task[None] | None = None
        self.last_success_at: datetime | None = None
        self.runs = 0
        self.failures = 0
        self.consecutive_failures = 0
        self.last_error: str | None = None
        self._run = run
        self._interval_s = interval_s
        self._wake = asyncio.Event()
        self._finishing = False
        self._cancelled = False
        self._began: float | None = None

    @property
    def done(self) -> bool:
        return self._cancelled or (self.task is not None and self.task.done())

    def wake(self) -> None:
        """Run again at once, or right after the present run."""
        self._wake.set()

    def finish(self) -> None:
        """Let the present run of a loop end and start no other. A long-lived coroutine is cancelled."""
        self._finishing = True
        if self._interval_s is None:
            self.cancel()
        self._wake.set()

    def cancel(self) -> None:
        """End at once, in the middle of a run if need be."""
        self._cancelled = True
        if self.task is not None:
            self.task.cancel()

    def status(self) -> dict[str, Any]:
        """How it goes: JSON-like."""
        return {
            "running_for_s": None if self._began is None else round(time.monotonic() - self._began, 3),
            "last_success_at": self.last_success_at.isoformat() if self.last_success_at else None,
            "runs": self.runs,
            "failures": self.failures,
            "consecutive_failures": self.consecutive_failures,
            "last_error": self.last_error,
            "done": self.done,
        }

    def start(self, group: asyncio.TaskGroup, on_failed: Callable[[Supervised], None]) -> None:
        """Called by the supervisor, once."""
        if not self._cancelled:
            self.task = group.create_task(self._live(on_failed), name=self.name)

    async def _live(self, on_failed: Callable[[Supervised], None]) -> None:
        clock = asyncio.get_running_loop().time
        while not self._finishing:
            began = clock()
            self._wake.clear()
            succeeded = await self._run_once()
            if succeeded and self._interval_s is None:
                return
            if not succeeded:
                on_failed(self)
            due = began + self._interval_s if succeeded and self._interval_s is not None else None
            wait_s = self._backoff_s() if due is None else max(0.0, due - clock())
            if self._finishing:
                return
            try:
                async with asyncio.timeout(wait_s):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _run_once(self) -> bool:
        self._began = time.monotonic()
        try:
            await self._run()
        except Exception as error:
            self.failures += 1
            self.consecutive_failures += 1
            self.last_error = str(getattr(error, "error_id", type(error).__name__))
            _log.error("loop.failed", loop=self.name, consecutive=self.consecutive_failures, error=error)
            return False
        finally:
            self.runs += 1
            self._began = None
        self.consecutive_failures = 0
        self.last_success_at = datetime.now(UTC)
        return True

    def _backoff_s(self) -> float:
        interval = self._interval_s or 0.0
        grown = max(interval, _BACKOFF_FIRST_S) * 2.0 ** min(self.consecutive_failures - 1, 20)
        return min(grown, max(_BACKOFF_LIMIT_S, interval))
