"""A child process that can be stopped, killed, frozen and thawed; it never outlives the test run."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


class ServerFailed(RuntimeError):
    """A server of the rig did not start or stop; the text carries the end of its output."""


class Process:
    """One running server process. `output` takes both its streams."""

    def __init__(
        self,
        command: Sequence[str],
        output: Path,
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.output = output
        with output.open("ab") as sink:
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env=None if env is None else dict(env),
                # Ctrl-C in the terminal goes to the test run, which then ends its servers in order.
                start_new_session=True,
            )
        atexit.register(self.kill)

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def running(self) -> bool:
        return self._child.poll() is None

    def freeze(self) -> None:
        """SIGSTOP: the process keeps its sockets and answers nobody."""
        self._child.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self._child.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone; also of a frozen process. Harmless when it has ended."""
        if self.running:
            self._child.kill()
        self._child.wait()
        atexit.unregister(self.kill)

    def stop(self, sig: int = signal.SIGTERM, within: float = 15.0) -> None:
        """Ask it to end by `sig`; kill it when it has not ended `within` seconds."""
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGCONT)
                os.kill(self.pid, sig)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(within)
        self.kill()

    def wait(self, within: float) -> int:
        """Wait until it ends by itself and return its exit status; `subprocess.TimeoutExpired` otherwise."""
        return self._child.wait(within)

    def wait_until(self, ready: Callable[[], bool], what: str, within: float) -> None:
        """Poll `ready` until it holds; ServerFailed when the process ends first or the time is over."""
        deadline = time.monotonic() + within
        while not ready():
            if not self.running:
                raise ServerFailed(f"{what} ended with status {self._child.returncode} while starting:\n{self.tail()}")
            if time.monotonic() > deadline:
                self.kill()
                raise ServerFailed(f"{what} was not ready within {within:.0f} s:\n{self.tail()}")
            time.sleep(0.02)

    def tail(self, lines: int = 25) -> str:
        """The last lines of its output."""
        return "\n".join(self.output.read_text(errors="replace").splitlines()[-lines:])
