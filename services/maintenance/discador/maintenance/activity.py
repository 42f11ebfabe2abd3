"""Runs a job on one instance only: the one that holds the lease."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from discador.runtime.lifecycle import Loop

LEASE: Final = "maintenance"
LEASE_TTL_MS: Final = 5_000


class WhileActive:
    """A loop that runs `job` while `held` says so. Two at once, after a wipe of Redis, do no harm."""

    def __init__(self, job: Loop, held: Callable[[], bool]) -> None:
        self._job = job
        self._held = held

    @property
    def name(self) -> str:
        """The job's."""
        return self._job.name

    @property
    def interval(self) -> float | timedelta:
        """The job's."""
        return self._job.interval

    async def run_once(self) -> object:
        """Run the job once, if this instance is the active one."""
        return await self._job.run_once() if self._held() else None
