"""The supervisor inside one process: phases, loops, failures, hooks."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from discador.runtime import log
from discador.runtime.lifecycle import State, Supervisor
from discador.runtime.signals import stop_signals


@pytest.fixture(autouse=True)
def silent() -> None:
    log.configure("test", "error")


class Count:
    """A loop that counts, fails when told to, and says when it ran."""

    def __init__(self, name: str = "count", interval: float | timedelta = 0.01) -> None:
        self.name = name
        self.interval = interval
        self.runs = 0
        self.failing = False
        self.on_run: Callable[[int], Any] = lambda runs: None

    async def run_once(self) -> None:
        self.runs += 1
        self.on_run(self.runs)
        if self.failing:
            raise RuntimeError("as told")


def stop_after(supervisor: Supervisor, loop: Count, runs: int) -> None:
    loop.on_run = lambda count: supervisor.stop("enough") if count >= runs else None


async def test_phases_come_in_order_and_hooks_at_their_time() -> None:
    supervisor = Supervisor("test")
    seen: list[str] = []

    def note(name: str) -> Callable[[], Any]:
        async def hook() -> None:
            seen.append(f"{name} {supervisor.state}")

        return hook

    supervisor.on_start(note("first"))
    supervisor.on_start(note("second"))
    supervisor.on_ready(note("ready"))
    supervisor.on_quiet(note("quiet"))
    supervisor.on_stop(note("opened first"))
    supervisor.on_stop(note("opened last"))
    loop = Count()
    stop_after(supervisor, loop, 1)
    supervisor.every(loop)
    assert await asyncio.wait_for(supervisor.run(), 5) == 0
    assert seen == [
        "first starting",
        "second starting",
        "ready ready",
        "quiet quiet",
        "opened last stopping",
        "opened first stopping",
    ]
    assert supervisor.state is State.STOPPED


async def test_a_failing_loop_is_counted_and_goes_on_and_the_others_with_it() -> None:
    supervisor = Supervisor("test")
    bad, good = Count("bad"), Count("good")
    bad.on_run = lambda runs: setattr(bad, "failing", runs <= 2)
    good.on_run = lambda runs: supervisor.stop("enough") if bad.runs >= 3 else None
    task = supervisor.every(bad)
    supervisor.every(good)
    assert await asyncio.wait_for(supervisor.run(), 10) == 0
    assert task.failures == 2
    assert task.consecutive_failures == 0
    status = supervisor.status()["tasks"]
    assert status["bad"]["last_error"] == "RuntimeError"
    assert status["bad"]["last_success_at"] is not None
    assert good.runs > bad.runs


async def test_a_critical_loop_that_fails_stops_the_service_with_an_error() -> None:
    supervisor = Supervisor("test")
    loop = Count()
    loop.failing = True
    closed = asyncio.Event()

    async def close() -> None:
        closed.set()

    supervisor.on_stop(close)
    supervisor.every(loop, critical=True)
    assert await asyncio.wait_for(supervisor.run(), 5) == 1
    assert closed.is_set()


async def test_intake_ends_at_quiet_while_other_loops_go_on_through_the_drain() -> None:
    supervisor = Supervisor("test")
    intake, renewal = Count("intake"), Count("renewal")
    during: dict[str, int] = {}

    async def drain() -> None:
        during["intake"], goal = intake.runs, renewal.runs + 3
        renewed = asyncio.Event()
        renewal.on_run = lambda runs: renewed.set() if runs >= goal else None
        await renewed.wait()
        during["intake after"] = intake.runs

    supervisor.on_quiet(drain)
    supervisor.every(intake, until_quiet=True)
    supervisor.every(renewal)
    stop_after(supervisor, intake, 2)
    await asyncio.wait_for(supervisor.run(), 5)
    assert during["intake"] == during["intake after"] == 2


async def test_a_run_in_progress_is_finished_before_the_stop() -> None:
    supervisor = Supervisor("test")
    ended = []

    class Slow:
        name, interval = "slow", 60.0

        async def run_once(self) -> None:
            supervisor.stop("now in the middle")
            await asyncio.sleep(0.05)
            ended.append(True)

    supervisor.every(Slow())
    await asyncio.wait_for(supervisor.run(), 5)
    assert ended == [True]


async def test_a_run_that_never_ends_is_cancelled_after_the_grace() -> None:
    supervisor = Supervisor("test", stop_grace_s=0.05)

    class Stuck:
        name, interval = "stuck", 1.0

        async def run_once(self) -> None:
            supervisor.stop("stuck")
            await asyncio.Event().wait()

    supervisor.every(Stuck())
    assert await asyncio.wait_for(supervisor.run(), 5) == 0


async def test_a_long_lived_coroutine_is_restarted_after_a_failure_and_cancelled_at_the_stop() -> None:
    supervisor = Supervisor("test")
    starts = []
    cancelled = []

    async def live() -> None:
        starts.append(True)
        if len(starts) == 1:
            raise ConnectionError("lost")
        supervisor.stop("seen enough")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    supervisor.spawn("live", live)
    assert await asyncio.wait_for(supervisor.run(), 5) == 0
    assert (len(starts), len(cancelled)) == (2, 1)


async def test_tasks_can_be_added_and_cancelled_while_running() -> None:
    supervisor = Supervisor("test")
    later = Count("later")
    stop_after(supervisor, later, 3)

    async def ready() -> None:
        one = supervisor.every(Count("later", 60))
        one.cancel()
        assert one.done
        supervisor.every(later)

    supervisor.on_ready(ready)
    assert await asyncio.wait_for(supervisor.run(), 5) == 0
    assert later.runs == 3


async def test_a_woken_loop_does_not_wait_for_its_interval() -> None:
    supervisor = Supervisor("test")
    rare = Count("rare", timedelta(hours=1))
    task = supervisor.every(rare)
    rare.on_run = lambda runs: supervisor.stop("woken") if runs == 2 else task.wake()
    await asyncio.wait_for(supervisor.run(), 5)
    assert rare.runs == 2


async def test_a_failed_start_closes_what_was_opened_and_runs_no_loop() -> None:
    supervisor = Supervisor("test")
    loop = Count()
    closed = []

    async def opens() -> None:
        async def close() -> None:
            closed.append(True)

        supervisor.on_stop(close)
        raise ConnectionError("no database")

    supervisor.on_start(opens)
    supervisor.every(loop)
    assert await supervisor.run() == 1
    assert (closed, loop.runs) == ([True], 0)


async def test_a_stop_asked_for_during_a_start_that_hangs_is_obeyed() -> None:
    supervisor = Supervisor("test")

    async def hangs() -> None:
        supervisor.stop("changed my mind")
        await asyncio.Event().wait()

    supervisor.on_start(hangs)
    assert await asyncio.wait_for(supervisor.run(), 5) == 0


async def test_a_failing_or_hanging_hook_does_not_keep_the_others_from_running() -> None:
    supervisor = Supervisor("test", stop_grace_s=0.05)
    closed = []

    async def close() -> None:
        closed.append(True)

    async def fails() -> None:
        raise RuntimeError("as told")

    async def hangs() -> None:
        await asyncio.Event().wait()

    for hook in (close, fails, hangs):
        supervisor.on_stop(hook)
        supervisor.on_quiet(hook)
    supervisor.stop("at once")
    await asyncio.wait_for(supervisor.run(), 10)
    assert closed == [True, True]


async def test_status_shows_components_and_survives_a_broken_one() -> None:
    supervisor = Supervisor("test")
    supervisor.provide_status("good", lambda: {"slots": 3})
    supervisor.provide_status("bad", lambda: 1 / 0)
    status = supervisor.status()
    assert status["components"] == {"good": {"slots": 3}, "bad": {"error": "ZeroDivisionError"}}
    assert (status["service"], status["state"]) == ("test", "starting")


async def test_no_task_is_left_behind() -> None:
    supervisor = Supervisor("test")
    loop = Count()
    stop_after(supervisor, loop, 2)
    supervisor.every(loop)
    await supervisor.run()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_signals_arrive_where_the_loop_cannot_install_handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(*_: object) -> None:
        raise NotImplementedError  # what a Windows event loop does

    monkeypatch.setattr(asyncio.get_running_loop(), "add_signal_handler", unsupported)
    before = signal.getsignal(signal.SIGTERM)
    heard: asyncio.Queue[str] = asyncio.Queue()
    with stop_signals(heard.put_nowait):
        signal.raise_signal(signal.SIGTERM)
        assert await asyncio.wait_for(heard.get(), 5) == "SIGTERM"
    assert signal.getsignal(signal.SIGTERM) is before
