"""The load of the machine that the web service runs on."""

from __future__ import annotations

from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Load:
    """How busy the machine is."""

    cpu_percent: float  #: of all cores, since the reading before
    memory_used: int  #: bytes
    memory_total: int  #: bytes

    @property
    def memory_percent(self) -> float:
        """Used memory in percent of all."""
        return 100 * self.memory_used / self.memory_total


def read_load() -> Load:
    """Read it; never blocks."""
    memory = psutil.virtual_memory()
    return Load(psutil.cpu_percent(interval=None), memory.total - memory.available, memory.total)
