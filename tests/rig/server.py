"""What every server of the rig can do: start, stop, die, freeze, come back, be removed."""

from __future__ import annotations

import abc
import shutil
import signal
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from tests.rig.process import Process, ServerFailed


class Server(abc.ABC):
    """A private real server in the foreground, with a directory of its own. A context manager: started, then removed.

    Subclasses set `directory` and `_process`, and say how to start.
    """

    #: For messages.
    title: ClassVar[str]
    #: Seconds that an orderly stop may take.
    stop_within: ClassVar[float] = 15.0

    directory: Path
    _process: Process | None = None

    @abc.abstractmethod
    def start(self) -> Self:
        """Start, also after `kill`; return when it answers."""

    @property
    def pid(self) -> int:
        return self._running().pid

    def stop(self) -> None:
        """End it in order."""
        if self._process:
            self._process.stop(signal.SIGTERM, within=self.stop_within)

    def kill(self) -> None:
        """SIGKILL."""
        self._running().kill()

    def freeze(self) -> None:
        """SIGSTOP."""
        self._running().freeze()

    def thaw(self) -> None:
        """SIGCONT."""
        self._running().thaw()

    def restart(self) -> None:
        """Stop (also when it was killed) and start again: same ports, secrets and data."""
        self.stop()
        self.start()

    def close(self) -> None:
        """End it and remove its files."""
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _running(self) -> Process:
        if self._process is None:
            raise ServerFailed(f"{self.title} was not started: use it as a context manager or call start()")
        return self._process
