"""The system's switch and the master that leads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class System:
    """Whether campaigns may dial, and who said so."""

    dialling: bool
    commanded_by: str
    commanded_at: datetime | None
    restart_generation: int  #: how often a restart of everything was commanded


@dataclass(frozen=True, slots=True)
class Leader:
    """The master that may reserve. `epoch` 0: nobody ever led."""

    epoch: int
    holder: str
    taken_at: datetime | None
