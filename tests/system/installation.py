"""A whole Discador as an operator runs it: `discador up` in a process of its own, against real servers.

Faults are made from outside: a service is killed by the process id that `discador status` shows.
"""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Self

from discador.cli import run_file
from discador.cli.connection import Api, Target
from discador.v1 import attempt_pb2, campaign_pb2, lead_pb2, system_pb2

CLI = (sys.executable, "-m", "discador.cli")
# Two of three answer, as on a good list; the others end in every way that a carrier knows.
MIXED = [20, 21, 1, 2, 22, 3, 23, 24, 5, 6, 25, 8, 26, 9, 27, 28, 3, 29, 30, 4]


class Installation:
    """Every service, its data directory, and what a test asks of them."""

    def __init__(self, directory: Path, environment: Mapping[str, str], workers: int = 1) -> None:
        self.directory = directory
        ours = {"DISCADOR_DATA_DIR": str(directory / "data"), "DISCADOR_WORKERS": str(workers)}
        ports = {f"DISCADOR_{name}_PORT": "0" for name in ("MASTER", "GATEWAY", "MAINTENANCE", "WEB")}
        clean = {name: value for name, value in os.environ.items() if not name.startswith("DISCADOR_")}
        self.environment = {**clean, **ours, **ports, **environment}
        self._process: subprocess.Popen[bytes] | None = None
        self.run: run_file.RunFile | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start and wait until everything is ready."""
        self.directory.mkdir(parents=True, exist_ok=True)
        ready = self.directory / "up.out"
        with ready.open("wb") as output:
            self._process = subprocess.Popen(
                [*CLI, "up", "--json"],
                env=self.environment,
                cwd=self.directory,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        until(lambda: b"}" in ready.read_bytes() or self._process.poll() is not None, 90, "discador up")
        self.run = run_file.read(self.directory / "data" / "run.json")
        if self._process.poll() is not None or self.run is None:
            raise AssertionError(f"discador up did not start: {ready.read_text()}\n{self.log_tail()}")

    def stop(self) -> int:
        """Ctrl-C, and wait for the end; return the exit code."""
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        return self._process.wait(60)

    def crash(self) -> None:
        """SIGKILL of `discador up` itself."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    # -- asking and telling -------------------------------------------------------------------------------------------
    def cli(self, *arguments: str, expect: int = 0) -> Any:
        """Run one command with --json in a process of its own, check its exit code, return what it printed."""
        done = subprocess.run(
            [*CLI, *arguments, "--json"], env=self.environment, cwd=self.directory, capture_output=True, timeout=300
        )
        text = done.stdout.decode()
        assert done.returncode == expect, f"{arguments}: exit {done.returncode}\n{text}\n{done.stderr.decode()}"
        return json.loads(text) if text.strip() else None

    @property
    def api(self) -> Api:
        """A client of the master."""
        assert self.run is not None
        return Api(Target(self.run.master, self.run.service_token))

    def system(self) -> system_pb2.System:
        return self.api.system.GetSystem(system_pb2.GetSystemRequest())

    def pids(self, service: str) -> list[int]:
        """Process ids of the instances of a service that report."""
        return [instance.pid for instance in self.system().services if instance.service == service]

    def kill(self, service: str) -> None:
        """SIGKILL one instance of a service."""
        os.kill(self.pids(service)[0], signal.SIGKILL)

    def log_tail(self, lines: int = 15) -> str:
        """The last warnings and errors of every service: what a failed test should show."""
        found = []
        for log in sorted((self.directory / "data" / "logs").glob("*.log")):
            bad = [line for line in log.read_text(errors="replace").splitlines() if '"info"' not in line]
            found += [f"-- {log.stem}", *(line[:600] for line in bad[-lines:])]
        return "\n".join(found)

    # -- campaigns ----------------------------------------------------------------------------------------------------
    def campaign(self, name: str, numbers: Iterable[str], **settings: Any) -> int:
        """Create a broadcast campaign without a calling window, import the numbers, return its id (not started)."""
        wanted: dict[str, Any] = {
            "mode": campaign_pb2.DIAL_MODE_BROADCAST,
            "max_channels": 100,
            "message": "vm-goodbye",
            "ring_timeout_s": 6,
            "max_attempts_per_lead": 1,
            "max_attempts_per_number_day": 100,
            "window": campaign_pb2.CallingWindow(always=True),
        }
        made = self.api.campaigns.CreateCampaign(
            campaign_pb2.CreateCampaignRequest(
                campaign=campaign_pb2.Campaign(
                    name=name, settings=campaign_pb2.CampaignSettings(**{**wanted, **settings})
                ),
                request_id=f"create-{name}",
            )
        )
        listed = self.directory / f"{name}.csv"
        with listed.open("w", newline="") as file:
            writer = csv.writer(file, delimiter=";")
            writer.writerow(["nome", "telefone"])
            writer.writerows([f"Pessoa {position}", number] for position, number in enumerate(numbers))
        self.cli("campaign", "import", str(made.id), str(listed))
        return int(made.id)

    def start_campaign(self, campaign: int) -> None:
        self.api.campaigns.StartCampaign(campaign_pb2.StartCampaignRequest(id=campaign, request_id=f"start-{campaign}"))

    def show(self, campaign: int) -> campaign_pb2.Campaign:
        return self.api.campaigns.GetCampaign(campaign_pb2.GetCampaignRequest(id=campaign))

    def until_completed(self, campaign: int, within: float) -> None:
        """Wait until the campaign has ended by itself; an unreachable master is waited for as well."""

        def completed() -> bool:
            found = quietly(lambda: self.show(campaign))
            return found is not None and found.state == campaign_pb2.CAMPAIGN_STATE_COMPLETED

        try:
            # Once a second: who asks ten times costs more than the dialling.
            until(completed, within, "the campaign to complete", every=1.0)
        except AssertionError as late:
            found = quietly(lambda: self.show(campaign))
            raise AssertionError(f"{late}\n{found}\n{self.log_tail()}") from late

    def until_answered(self, campaign: int, attempts: int, within: float = 60) -> None:
        """Wait until so many attempts of the campaign have ended."""

        def enough() -> bool:
            found = quietly(lambda: self.show(campaign))
            return found is not None and sum(found.counters.outcomes.values()) >= attempts

        until(enough, within, f"{attempts} attempts to end")

    def attempts(self, campaign: int) -> list[attempt_pb2.Attempt]:
        """Every attempt of a campaign."""
        return self._pages(
            lambda token: self.api.attempts.ListAttempts(
                attempt_pb2.ListAttemptsRequest(campaign_id=campaign, page_size=200, page_token=token)
            ),
            "attempts",
        )

    def leads(self, campaign: int) -> list[lead_pb2.Lead]:
        """Every lead of a campaign."""
        return self._pages(
            lambda token: self.api.leads.ListLeads(
                lead_pb2.ListLeadsRequest(campaign_id=campaign, page_size=200, page_token=token)
            ),
            "leads",
        )

    @staticmethod
    def _pages(fetch: Callable[[str], Any], field: str) -> list[Any]:
        items, token = [], ""
        while True:
            page = fetch(token)
            items += getattr(page, field)
            if not (token := page.next_page_token):
                return items


def mixed_numbers(count: int, endings: Iterable[int], area: str = "11") -> list[str]:
    """Distinct valid mobile numbers whose last two digits go round `endings`: the carrier's behaviour."""
    cycle = list(endings)
    return [f"+55{area}9{8_000_00 + position:06d}{cycle[position % len(cycle)]:02d}" for position in range(count)]


def outcomes(attempts: Iterable[attempt_pb2.Attempt]) -> Counter[str]:
    return Counter(attempt.outcome or "live" for attempt in attempts)


def quietly(ask: Callable[[], Any]) -> Any:
    """The answer, or None while the master is away."""
    import grpc

    try:
        return ask()
    except grpc.RpcError:
        return None


def until(condition: Callable[[], bool], within: float, what: str, every: float = 0.1) -> None:
    """Wait for a condition; an `AssertionError` names what did not happen."""
    end = time.monotonic() + within
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited {within:.0f} s for {what}")
        time.sleep(every)
