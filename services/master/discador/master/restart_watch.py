"""A restart of the whole system, commanded through the database."""

from __future__ import annotations

from collections.abc import Callable

from discador.runtime.threads import Threads
from discador.store import Store


class RestartWatch:
    """Stops this process in order when the restart generation rises above the one it started under."""

    name = "restart-watch"
    interval = 1.0

    def __init__(self, store: Store, threads: Threads, generation: int, restart: Callable[[str], object]) -> None:
        self._store = store
        self._threads = threads
        self._generation = generation
        self._restart = restart

    async def run_once(self) -> None:
        """Look once."""
        system = await self._threads.run(self._store.system.get)
        if system.restart_generation > self._generation:
            self._restart("the system was restarted")
