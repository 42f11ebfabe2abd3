"""One child process: started, its output kept, started again when it ends, stopped in order.

A child that ends by itself is started again at once if it lived for a while (a commanded restart), else after a
delay that doubles up to `MAX_DELAY_S`. Its standard input is a pipe from us: when we die, whatever the way, it
reads the end of it and stops by itself, so that no process is left.
"""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Final

FIRST_DELAY_S: Final = 0.25
MAX_DELAY_S: Final = 4.0
SETTLED_S: Final = 5.0
LOG_BYTES: Final = 20 * 1024 * 1024
LOG_FILES: Final = 5
LINE_LIMIT: Final = 1024 * 1024


@dataclass(frozen=True)
class Spec:
    """What to run: a module of ours, with its environment. Secrets travel in the environment, never in arguments."""

    name: str
    module: str
    environment: Mapping[str, str]
    arguments: tuple[str, ...] = ()


class Process:
    """Keeps one child alive until told to stop."""

    def __init__(self, spec: Spec, log: Path) -> None:
        self.spec = spec
        self.starts = 0
        self._child: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log = RotatingFileHandler(log, maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8")

    @property
    def pid(self) -> int | None:
        """Process id of the child that runs now."""
        return self._child.pid if self._child and self._child.returncode is None else None

    async def run(self) -> None:
        """Run the child, again and again, until `stop`."""
        loop, delay = asyncio.get_running_loop(), FIRST_DELAY_S
        while not self._stopping.is_set():
            began = loop.time()
            await self._start()
            await self._keep_output()
            assert self._child is not None
            code = await self._child.wait()
            if self._stopping.is_set():
                break
            self._write(self._record("warning", "process.ended", code=code))
            delay = FIRST_DELAY_S if loop.time() - began > SETTLED_S else min(delay * 2, MAX_DELAY_S)
            await self._pause(delay)
        self._log.close()

    def stop(self) -> None:
        """Ask the child to finish what it has and exit. It is not started again."""
        self._stopping.set()
        self._signal()

    def kill(self) -> None:
        """End the child at once."""
        if self._child and self._child.returncode is None:
            self._child.kill()

    async def _start(self) -> None:
        self.starts += 1
        separate: dict[str, Any] = (
            {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}  # type: ignore[attr-defined]
            if sys.platform == "win32"
            # Ctrl-C reaches us only; we stop the services in their order.
            else {"start_new_session": True}
        )
        self._child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            self.spec.module,
            *self.spec.arguments,
            env=dict(self.spec.environment),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=LINE_LIMIT,
            **separate,
        )
        if self._stopping.is_set():  # asked while we were starting
            self._signal()

    def _signal(self) -> None:
        if self._child and self._child.returncode is None:
            if sys.platform == "win32":
                self._child.send_signal(signal.CTRL_BREAK_EVENT)
            else:
                self._child.terminate()

    async def _keep_output(self) -> None:
        assert self._child is not None and self._child.stdout is not None
        while True:
            try:
                line = await self._child.stdout.readline()
            except ValueError:  # a line over the limit; its rest follows as lines of their own
                continue
            if not line:
                return
            text = line.decode("utf-8", "replace").rstrip()
            # What Python itself prints, a traceback above all, is no record yet.
            self._write(text if text.startswith("{") else self._record("info", text))

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return

    def _record(self, level: str, event: str, **values: object) -> str:
        now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        return json.dumps({"ts": now, "level": level, "service": self.spec.name, "event": event, **values})

    def _write(self, line: str) -> None:
        if self._log.stream is None:
            return
        self._log.stream.write(line + "\n")
        self._log.stream.flush()
        if self._log.stream.tell() > LOG_BYTES:
            self._log.doRollover()


def inherited(source: Mapping[str, str]) -> dict[str, str]:
    """The environment a child starts from: the given one, and that it ends with us."""
    return {**source, "DISCADOR_STOP_WITH_PARENT": "1", "PYTHONUNBUFFERED": "1"}
