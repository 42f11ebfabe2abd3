"""The life of a service: start → ready → quiet → stop.

*Quiet* takes no new work and finishes what it has; *stop* ends loops and closes what was opened. SIGTERM and
SIGINT mean quiet, then stop; a second signal means now. Every task of a service runs under its `Supervisor`
by name, so none is orphaned and none dies unseen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final, Protocol

from .log import get_logger
from .signals import stop_signals
from .supervised import Supervised

Hook = Callable[[], Awaitable[object]]
_HOOK_MINIMUM_S: Final = 1.0  # a stop hook gets at least this, even when the drain used up the grace


class State(StrEnum):
    """Where a service is in its life."""

    STARTING = "starting"
    READY = "ready"
    QUIET = "quiet"
    STOPPING = "stopping"
    STOPPED = "stopped"


class Loop(Protocol):
    """A background job. `run_once` must be safe to repeat, also after a crash in its middle."""

    @property
    def name(self) -> str: ...

    @property
    def interval(self) -> float | timedelta: ...

    async def run_once(self) -> object: ...


class Supervisor:
    """Runs one service. Register loops, coroutines and hooks, then await `run`; use it once.

    `stop_grace_s` bounds quiet and stop together, but for stop hooks, each of which gets at least 1 s.
    """

    def __init__(self, name: str, *, stop_grace_s: float = 10.0) -> None:
        self.name = name
        self.state = State.STARTING
        self.stop_grace_s = stop_grace_s
        self._log = get_logger("lifecycle")
        self._tasks: dict[str, Supervised] = {}
        self._start_hooks: list[Hook] = []
        self._ready_hooks: list[Hook] = []
        self._quiet_hooks: list[Hook] = []
        self._stop_hooks: list[Hook] = []
        self._providers: dict[str, Callable[[], object]] = {}
        self._wanted = asyncio.Event()
        self._now = asyncio.Event()
        self._exit_code = 0
        self._group: asyncio.TaskGroup | None = None

    # What a service registers

    def every(self, loop: Loop, *, critical: bool = False, until_quiet: bool = False) -> Supervised:
        """Run the loop at its interval from `ready` on, until stop (or until quiet, for intake of work).

        A failed run is logged as `loop.failed`, counted, and repeated after a growing delay (at most the
        larger of 5 s and the interval); it ends the service only if the loop is `critical`.
        """
        interval = loop.interval.total_seconds() if isinstance(loop.interval, timedelta) else loop.interval
        return self._add(Supervised(loop.name, loop.run_once, interval, critical, until_quiet))

    def spawn(
        self,
        name: str,
        run: Callable[[], Coroutine[Any, Any, object]],
        *,
        critical: bool = False,
        until_quiet: bool = False,
    ) -> Supervised:
        """Run a long-lived coroutine. If it raises it is started again, as a failed loop is; if it returns, done.

        It is cancelled at stop (at quiet with `until_quiet`).
        """
        return self._add(Supervised(name, run, None, critical, until_quiet))

    def on_start(self, hook: Hook) -> None:
        """Called in order before `ready`; an error ends the service with exit code 1."""
        self._start_hooks.append(hook)

    def on_ready(self, hook: Hook) -> None:
        """Called in order once loops run; an error ends the service with exit code 1."""
        self._ready_hooks.append(hook)

    def on_quiet(self, hook: Hook) -> None:
        """All are called at once; each may wait for its work in flight, within the stop grace."""
        self._quiet_hooks.append(hook)

    def on_stop(self, hook: Hook) -> None:
        """Called in reverse order after all tasks ended: what was opened last is closed first."""
        self._stop_hooks.append(hook)

    def provide_status(self, component: str, provider: Callable[[], object]) -> None:
        """Let `status` show what `provider` returns (JSON-like, quick, no I/O)."""
        self._providers[component] = provider

    # What operators and tests ask

    @property
    def quiet(self) -> bool:
        """True from the first stop request on: take no new work."""
        return self.state not in (State.STARTING, State.READY)

    def status(self) -> dict[str, Any]:
        """State, each task with its last success and failures, and each component's own status."""
        components: dict[str, object] = {}
        for component, provider in self._providers.items():
            try:
                components[component] = provider()
            except Exception as error:  # a broken provider must not hide the others
                components[component] = {"error": type(error).__name__}
        return {
            "service": self.name,
            "state": self.state.value,
            "tasks": {name: task.status() for name, task in self._tasks.items()},
            "components": components,
        }

    def stop(self, reason: str, *, exit_code: int = 0) -> None:
        """Ask for quiet, then stop. A second request changes nothing; from any thread use call_soon_threadsafe."""
        if not self._wanted.is_set():
            self._log.info("service.stop_requested", reason=reason)
            self._exit_code = exit_code
            self._wanted.set()

    def stop_now(self, reason: str) -> None:
        """Skip the drain: end tasks at once, then run the stop hooks. Exit code 1."""
        self._log.warning("service.stop_forced", reason=reason)
        self._exit_code = 1
        self._wanted.set()
        self._now.set()

    # The life itself

    async def run(self) -> int:
        """Live from start to stop; return the process's exit code. Never raises but for cancellation."""
        with stop_signals(self._on_signal):
            async with asyncio.TaskGroup() as group:
                self._group = group
                if await self._phase("start", self._start_hooks):
                    for task in tuple(self._tasks.values()):
                        task.start(group, self._on_task_failed)
                    self.state = State.READY
                    if await self._phase("ready", self._ready_hooks):
                        self._log.info("service.ready")
                        await self._wanted.wait()
                await self._quieten_and_stop()
        self.state = State.STOPPED
        self._log.info("service.stopped", exit_code=self._exit_code)
        return self._exit_code

    def _add(self, task: Supervised) -> Supervised:
        name, number = task.name, 2
        while name in self._tasks and not self._tasks[name].done:
            name, number = f"{task.name}#{number}", number + 1
        self._tasks[name] = task
        if self._group is not None and self.state is not State.STARTING:
            if (self.quiet and task.until_quiet) or self.state in (State.STOPPING, State.STOPPED):
                task.cancel()
            else:
                task.start(self._group, self._on_task_failed)
        return task

    async def _phase(self, phase: str, hooks: list[Hook]) -> bool:
        """Run hooks in order; False if one failed or a stop was requested meanwhile."""

        async def all_hooks() -> None:
            for hook in hooks:
                await hook()

        assert self._group is not None
        work = self._group.create_task(_quietly(all_hooks()), name=phase)
        wanted = self._group.create_task(self._wanted.wait(), name="stop-request")
        await asyncio.wait({work, wanted}, return_when=asyncio.FIRST_COMPLETED)
        for task in (work, wanted):
            task.cancel()
        await asyncio.wait({work, wanted})
        if not work.cancelled() and (error := work.result()) is not None:
            self._log.error("service.start_failed", phase=phase, error=error)
            self.stop("start failed", exit_code=1)
        return not self._wanted.is_set()

    async def _quieten_and_stop(self) -> None:
        assert self._group is not None
        end = asyncio.get_running_loop().time() + self.stop_grace_s
        self.state = State.QUIET
        self._log.info("service.quiet")
        for task in self._tasks.values():
            if task.until_quiet:
                task.finish()
        hooks = [self._group.create_task(self._guarded("quiet", hook, self.stop_grace_s)) for hook in self._quiet_hooks]
        await self._finished_or_now([*hooks, *self._running(until_quiet=True)], end)
        self.state = State.STOPPING
        for task in self._tasks.values():
            task.finish()
        await self._finished_or_now(self._running(), end)
        for task in self._tasks.values():
            task.cancel()
        for hook_task in hooks:
            hook_task.cancel()
        if remaining := [*hooks, *self._running()]:
            await asyncio.wait(remaining, timeout=_HOOK_MINIMUM_S)
        for hook in reversed(self._stop_hooks):
            await self._guarded("stop", hook, max(_HOOK_MINIMUM_S, end - asyncio.get_running_loop().time()))

    async def _finished_or_now(self, tasks: list[asyncio.Task[Any]], end: float) -> None:
        assert self._group is not None
        if not tasks or self._now.is_set():
            return
        now = self._group.create_task(self._now.wait(), name="stop-now")
        pending = {task for task in tasks if not task.done()}
        while pending and not now.done():
            left = end - asyncio.get_running_loop().time()
            if left <= 0:
                self._log.warning("service.drain_timed_out", tasks=[task.get_name() for task in pending])
                break
            await asyncio.wait({*pending, now}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            pending = {task for task in pending if not task.done()}
        now.cancel()

    async def _guarded(self, phase: str, hook: Hook, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await hook()
        except Exception as error:
            self._log.error("service.hook_failed", phase=phase, error=error)

    def _running(self, *, until_quiet: bool = False) -> list[asyncio.Task[Any]]:
        return [
            task.task
            for task in self._tasks.values()
            if task.task is not None and not task.task.done() and (task.until_quiet or not until_quiet)
        ]

    def _on_task_failed(self, task: Supervised) -> None:
        if task.critical:
            self.stop(f"critical task failed: {task.name}", exit_code=1)

    def _on_signal(self, name: str) -> None:
        if self._wanted.is_set():
            self.stop_now(name)
        else:
            self.stop(name)


async def _quietly(work: Coroutine[Any, Any, None]) -> Exception | None:
    try:
        await work
    except Exception as error:
        return error
    return None
