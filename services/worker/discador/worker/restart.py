"""Watches the database for the command to restart the whole system."""

from __future__ import annotations

from collections.abc import Callable

from discador.runtime.log import get_logger
from discador.runtime.threads import Threads
from discador.store import Store
from discador.store.errors import StoreError


class RestartGenerationWatch:
    """A loop that calls `stop` when the system's restart generation was raised since the process started.

    Stopping in order ends with exit code 0; whoever supervises the process starts it again. What
    `runtime.commands` hears through Redis reaches one instance; this reaches everybody, also while Redis is away.
    """

    name = "restart.generation"
    interval = 1.0

    def __init__(self, store: Store, threads: Threads, stop: Callable[[str], object]) -> None:
        self._store = store
        self._threads = threads
        self._stop = stop
        self._started_under: int | None = None
        self._log = get_logger("restart")

    async def run_once(self) -> None:
        """Look once."""
        try:
            generation = (await self._threads.run(self._store.system.get)).restart_generation
        except StoreError as error:
            self._log.debug("restart.database_unavailable", error_id=error.error_id)
            return
        if self._started_under is None:
            self._started_under = generation
        elif generation > self._started_under:
            self._stop("restart of the system commanded")
