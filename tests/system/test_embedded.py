"""The embedded default: SQLite, an embedded Redis and the simulator, as a newcomer runs it."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.system.installation import CLI, MIXED, Installation, mixed_numbers, outcomes, until

CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("DISCADOR_")}


def family(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def names(processes: list[psutil.Process]) -> str:
    return " ".join(" ".join(process.cmdline()) for process in processes)


def all_gone(processes: list[psutil.Process]) -> bool:
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)


@pytest.mark.slow
def test_the_demonstration_dials_to_its_end_and_leaves_no_process(tmp_path: Path) -> None:
    before = {process.pid for process in psutil.process_iter()}
    done = subprocess.run(
        [*CLI, "demo", "--exit-when-done", "--leads", "120"], cwd=tmp_path, env=CLEAN, capture_output=True, timeout=150
    )
    shown = done.stdout.decode()
    assert done.returncode == 0, shown + done.stderr.decode()
    assert "120/120" in shown
    assert "connected" in shown
    ours = [
        process
        for process in psutil.process_iter(["cwd", "pid"])
        if process.pid not in before and str(tmp_path) in str(process.info["cwd"])
    ]
    until(lambda: all_gone(ours), 10, "every process to end")


@pytest.mark.slow
def test_ctrl_c_in_the_middle_ends_everything_cleanly(tmp_path: Path) -> None:
    demo = subprocess.Popen(
        [*CLI, "demo", "--leads", "5000"], cwd=tmp_path, env=CLEAN, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert demo.stdout is not None
    while b"Imported" not in (line := demo.stdout.readline()):
        assert line, "the demonstration ended before it began to dial"
    children = family(demo.pid)
    assert all(
        word in names(children) for word in ("master", "worker", "ami_gateway", "maintenance", "web", "simulator")
    )
    demo.send_signal(signal.SIGINT)
    rest, _ = demo.communicate(timeout=60)
    assert demo.returncode in (0, 130), rest.decode()
    assert b"Traceback" not in rest
    until(lambda: all_gone(children), 10, "every process to end")


@pytest.mark.slow
def test_when_up_is_killed_no_service_outlives_it(tmp_path: Path) -> None:
    discador = Installation(tmp_path / "site", {})
    discador.start()
    assert discador.run is not None
    children = family(discador.run.pid)
    assert len(children) >= 7
    discador.crash()
    until(lambda: all_gone(children), 30, f"every process to end: {names([c for c in children if c.is_running()])}")


@pytest.mark.slow
def test_the_thousand_leads_on_the_embedded_default(tmp_path: Path) -> None:
    environment = {"DISCADOR_TRUNKS": "", "DISCADOR_SIMULATOR_PROFILE": "digits"}
    with Installation(tmp_path / "site", environment) as discador:
        discador.cli(*("trunk", "add", "carrier", "--node", "local", "--channels", "250", "--calls-per-second", "80"))
        campaign = discador.campaign("mixed", mixed_numbers(1000, MIXED), max_channels=250)
        discador.start_campaign(campaign)
        discador.until_completed(campaign, within=120)
        attempts = discador.attempts(campaign)
    assert len(attempts) == 1000
    assert outcomes(attempts) == {"connected": 700, "busy": 100, "no_answer": 100, "invalid_number": 50, "rejected": 50}
