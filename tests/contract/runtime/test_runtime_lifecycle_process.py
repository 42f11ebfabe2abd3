"""A real service process: signals, drain, exit codes, what a fault test may do to it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

SERVICE = """
import asyncio
from dataclasses import dataclass
from discador.runtime.entry import main
from discador.runtime.killpoint import killpoint
from discador.runtime.lifecycle import Supervisor
from discador.runtime.log import get_logger
from discador.runtime.settings import duration, integer, setting

log = get_logger("test")

@dataclass(frozen=True)
class Settings:
    slots: int = setting("DISCADOR_TEST_SLOTS", parse=integer(1, 10), help="calls at once")
    secret: str = setting("DISCADOR_TEST_SECRET", secret=True, help="a secret")
    stop_grace_s: float = setting("DISCADOR_STOP_GRACE", default=10.0, parse=duration)
    drain_s: float = setting("DISCADOR_TEST_DRAIN", default=0.1, parse=duration)
    fail: bool = setting("DISCADOR_TEST_FAIL", default="", help="where to fail")

class Tick:
    name, interval = "tick", 0.05
    def __init__(self, settings): self.settings = settings
    async def run_once(self):
        killpoint("tick")
        log.info("tick.done")
        if self.settings.fail == "loop":
            raise RuntimeError("the loop fails")

async def build(settings, supervisor):
    if settings.fail == "build":
        raise RuntimeError("cannot build")
    supervisor.every(Tick(settings), critical=settings.fail == "loop")
    async def quiet():
        log.info("drain.began")
        await asyncio.sleep(settings.drain_s)
        log.info("drain.ended")
    async def stop():
        log.info("resource.closed")
    supervisor.on_quiet(quiet)
    supervisor.on_stop(stop)

if __name__ == "__main__":
    main("test", Settings, build)
"""


class Service:
    """One child process running the service above, its log read line by line."""

    def __init__(self, directory: Path, inherited: dict[str, str], *arguments: str, **variables: str) -> None:
        script = directory / "service.py"
        script.write_text(SERVICE)
        environment = {**inherited, "DISCADOR_TEST_SLOTS": "3", "DISCADOR_TEST_SECRET": "hush", **variables}
        self.process = subprocess.Popen(
            [sys.executable, str(script), *arguments],
            cwd=directory,
            stdin=subprocess.PIPE,
            env={name: value for name, value in environment.items() if value},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.events: list[dict[str, Any]] = []

    def until(self, name: str) -> dict[str, Any]:
        """Read the log until an event of this name."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.events.append(json.loads(line))
            if self.events[-1]["event"] == name:
                return self.events[-1]
        raise AssertionError(f"the service ended without {name}: {self.process.communicate()[1]}")

    def end(self) -> int:
        """Wait for the end; the exit code."""
        out, self.stderr = self.process.communicate(timeout=20)
        self.events += [json.loads(line) for line in out.splitlines()]
        return self.process.returncode

    @property
    def names(self) -> list[str]:
        return [event["event"] for event in self.events]


Start = Callable[..., Service]


@pytest.fixture
def start(tmp_path: Path, child_environment: dict[str, str]) -> Iterator[Start]:
    """Start the service; whatever a test leaves running is killed."""
    started: list[Service] = []

    def make(*arguments: str, **variables: str) -> Service:
        started.append(Service(tmp_path, child_environment, *arguments, **variables))
        return started[-1]

    yield make
    for service in started:
        service.process.kill()
        service.process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_signal_drains_then_closes_and_exits_with_zero(start: Start, number: signal.Signals) -> None:
    service = start()
    service.until("service.ready")
    service.process.send_signal(number)
    assert service.end() == 0
    order = [name for name in service.names if name != "tick.done"]
    assert order == [
        "service.ready",
        "service.stop_requested",
        "service.quiet",
        "drain.began",
        "drain.ended",
        "resource.closed",
        "service.stopped",
    ]
    ticks_in_drain = service.names[service.names.index("drain.began") : service.names.index("drain.ended")]
    assert "tick.done" in ticks_in_drain  # leases and heartbeats must go on while work drains


def test_a_second_signal_means_now(start: Start) -> None:
    service = start(DISCADOR_TEST_DRAIN="10m", DISCADOR_STOP_GRACE="10m")
    service.until("tick.done")
    service.process.send_signal(signal.SIGTERM)
    service.until("drain.began")
    service.process.send_signal(signal.SIGTERM)
    assert service.end() == 1
    assert "resource.closed" in service.names
    assert "drain.ended" not in service.names


def test_a_drain_that_takes_too_long_is_cut_at_the_grace(start: Start) -> None:
    service = start(DISCADOR_TEST_DRAIN="10m", DISCADOR_STOP_GRACE="300ms")
    service.until("tick.done")
    service.process.send_signal(signal.SIGTERM)
    assert service.end() == 0
    assert "service.drain_timed_out" in service.names
    assert service.names[-2:] == ["resource.closed", "service.stopped"]


def test_a_service_that_cannot_be_built_exits_with_one_and_says_why(start: Start) -> None:
    service = start(DISCADOR_TEST_FAIL="build")
    assert service.end() == 1
    [failed] = [event for event in service.events if event["event"] == "service.start_failed"]
    assert failed["error"]["message"] == "cannot build"


def test_a_critical_loop_that_fails_ends_the_service_in_order(start: Start) -> None:
    service = start(DISCADOR_TEST_FAIL="loop")
    assert service.end() == 1
    assert "loop.failed" in service.names
    assert "resource.closed" in service.names


def test_invalid_settings_are_all_told_and_exit_with_two(start: Start) -> None:
    service = start(
        DISCADOR_TEST_SLOTS="99", DISCADOR_TEST_SECRET="", DISCADOR_STOP_GRACE="soon", DISCADOR_TEST_SLOT="1"
    )
    assert service.end() == 2
    for fault in ("DISCADOR_TEST_SLOTS", "DISCADOR_TEST_SECRET is required", "DISCADOR_STOP_GRACE"):
        assert fault in service.stderr
    assert "DISCADOR_TEST_SLOT is not known here: is DISCADOR_TEST_SLOTS meant?" in service.stderr
    assert service.events == []


def test_check_config_prints_the_settings_without_secrets_and_starts_nothing(start: Start, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DISCADOR_TEST_DRAIN=5s\nDISCADOR_TEST_SLOTS=9\n")
    service = start("--check-config")
    out, _ = service.process.communicate(timeout=20)
    assert service.process.returncode == 0
    assert out.splitlines() == [
        "DISCADOR_TEST_SLOTS=3",
        "DISCADOR_TEST_SECRET=***",
        "DISCADOR_STOP_GRACE=10.0",
        "DISCADOR_TEST_DRAIN=5.0",
        "DISCADOR_TEST_FAIL=",
    ]


def test_a_kill_point_ends_the_process_at_the_passage_named(start: Start) -> None:
    service = start(DISCADOR_KILL_AT="elsewhere,tick:3")
    assert service.end() == 137
    assert service.names.count("tick.done") == 2
    assert "resource.closed" not in service.names


def test_a_freeze_point_stops_the_process_until_it_is_continued(start: Start) -> None:
    service = start(DISCADOR_FREEZE_AT="tick:2")
    service.until("tick.done")
    process = psutil.Process(service.process.pid)
    end = time.monotonic() + 10
    while process.status() != psutil.STATUS_STOPPED:
        assert time.monotonic() < end, "the process did not freeze"
        time.sleep(0.01)
    service.process.send_signal(signal.SIGCONT)
    service.until("tick.done")
    service.process.send_signal(signal.SIGTERM)
    assert service.end() == 0


def test_a_service_bound_to_its_parent_stops_in_order_when_the_parent_is_gone(start: Start) -> None:
    service = start(DISCADOR_STOP_WITH_PARENT="1")
    service.until("service.ready")
    assert service.process.stdin is not None
    service.process.stdin.close()  # what the death of the parent does
    service.process.stdin = None
    assert service.end() == 0
    assert "drain.ended" in service.names


def test_a_service_bound_to_its_parent_still_obeys_a_signal(start: Start) -> None:
    service = start(DISCADOR_STOP_WITH_PARENT="1")
    service.until("service.ready")
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(20) == 0
