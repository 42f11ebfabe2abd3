"""The services as separate processes that a fault can reach one by one.

The same processes with the same environment as `discador up` runs (its own plan makes them), but each can be given
settings of its own, killed, frozen, and started in any order; what ends by itself is started again as `up` does.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import sys
import threading
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from discador.cli import run_file
from discador.cli.run_file import RunFile
from discador.cli.up.plan import Ports, Secrets, specs
from discador.cli.up.process import FIRST_DELAY_S, Spec
from discador.cli.up.readiness import _missing
from discador.cli.up.settings import UpSettings
from discador.runtime.settings import load
from tests.rig.ports import free_port
from tests.rig.process import Process
from tests.system.installation import Installation, until


class Fleet(Installation):
    """One master, one worker, one gateway, maintenance and web; more of each by `add`."""

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        super().__init__(directory, environment)
        self.specs: dict[str, Spec] = {}
        self._running: dict[str, Process] = {}
        self._wanted: dict[str, dict[str, str]] = {}  # what is kept alive, and with what besides its settings
        self._launches: list[tuple[str, float]] = []
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._keeper = threading.Thread(target=self._keep, daemon=True)

    # -- life --------------------------------------------------------------------------------------------------------
    def start(self) -> None:
        data = self.directory / "data"
        (data / "logs").mkdir(parents=True)
        settings = load(UpSettings, self.environment)
        ports = Ports(*(free_port() for _ in range(5)))
        kept = Secrets(secrets.token_hex(16), secrets.token_hex(16), "")
        for spec in specs(settings, ports, kept, settings.redis_url, self.environment, {}):
            self.specs[spec.name] = spec
        master, web = f"127.0.0.1:{ports.master}", f"http://127.0.0.1:{ports.web}"
        self.run = RunFile(os.getpid(), master, web, kept.service_token, kept.api_token, str(data / "logs"))
        run_file.write(data / "run.json", self.run)
        for name in self.specs:
            self.launch(name)
        self._keeper.start()
        self.until_ready()

    def stop(self) -> int:
        self._ended.set()
        with self._lock:
            self._wanted.clear()
            for name in reversed(tuple(self._running)):
                self._running[name].thaw()
                self._running[name].stop(within=5)
        return 0

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        self.stop()

    def until_ready(self, workers: int = 1, within: float = 60) -> None:
        """Wait until every service reports ready and Asterisk is up."""
        assert self.run is not None
        run = self.run
        wanted = {"master": 1, "worker": workers, "ami-gateway": 1, "maintenance": 1, "web": 1}
        until(lambda: not _missing(run, wanted), within, f"the services to be ready: {_missing(run, wanted)}")

    # -- one service -------------------------------------------------------------------------------------------------
    def add(self, name: str, like: str, **environment: str) -> None:
        """Start another instance of a service, on a port of its own."""
        spec = self.specs[like]
        own = {**spec.environment, "DISCADOR_BIND": f"127.0.0.1:{free_port()}", **environment}
        self.specs[name] = Spec(name, spec.module, own)
        self.launch(name)

    def launch(self, name: str, once: Mapping[str, str] | None = None, **always: str) -> None:
        """Start it; `once` is in the environment of this process only, `always` in its successors' too."""
        with self._lock:
            self._wanted[name] = always
            spec = self.specs[name]
            environment = {**spec.environment, **always, **(once or {}), "PYTHONUNBUFFERED": "1"}
            log = self.directory / "data" / "logs" / f"{name}.log"
            self._launches.append((name, time.time()))
            self._running[name] = Process([sys.executable, "-m", spec.module], log, env=environment)

    def relaunch(self, name: str, once: Mapping[str, str] | None = None, **always: str) -> None:
        """Stop it in order and start it with another environment."""
        self.remove(name)
        self.launch(name, once, **always)

    def remove(self, name: str) -> None:
        """Stop it in order, for good."""
        with self._lock:
            self._wanted.pop(name, None)
            self._running.pop(name).stop(within=15)

    def shoot(self, name: str, *, restart: bool = True) -> None:
        """SIGKILL; it is started again, or, with `restart` false, only by `launch`."""
        with self._lock:
            if not restart:
                self._wanted.pop(name, None)
            self._running[name].kill()

    def longest_start(self, since: float) -> float:
        """Seconds that the slowest of the processes launched since then took until it said that it is ready."""
        longest = 0.0
        for name, at in self._launches:
            log = self.directory / "data" / "logs" / f"{name}.log"
            ready = (_ready_at(line) for line in log.read_text(errors="replace").splitlines())
            after = [moment for moment in ready if moment is not None and moment >= at]
            if at >= since and after:
                longest = max(longest, min(after) - at)
        return longest

    def freeze(self, name: str) -> None:
        self._running[name].freeze()

    def thaw(self, name: str) -> None:
        self._running[name].thaw()

    def pid_of(self, name: str) -> int:
        return self._running[name].pid

    def name_of(self, pid: int) -> str:
        """Which of ours has this process id."""
        return next(name for name, process in self._running.items() if process.pid == pid)

    def is_stopped(self, name: str) -> bool:
        """Whether the process is frozen now (a kill point of `DISCADOR_FREEZE_AT` was reached)."""
        stat = Path(f"/proc/{self.pid_of(name)}/stat").read_text()
        return stat.rpartition(")")[2].split()[0] == "T"

    def continue_(self, name: str) -> None:
        os.kill(self.pid_of(name), signal.SIGCONT)

    def _keep(self) -> None:
        """Start again what has ended by itself, as `discador up` does."""
        seen: dict[str, float] = {}
        while not self._ended.wait(0.05):
            with self._lock:
                for name, always in tuple(self._wanted.items()):
                    if self._running[name].running:
                        seen.pop(name, None)
                    elif time.monotonic() - seen.setdefault(name, time.monotonic()) >= FIRST_DELAY_S:
                        seen.pop(name)
                        self.launch(name, **always)


def _ready_at(line: str) -> float | None:
    if '"service.ready"' not in line:
        return None
    return datetime.fromisoformat(json.loads(line)["ts"]).timestamp()
