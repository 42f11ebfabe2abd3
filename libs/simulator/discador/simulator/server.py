"""The simulator as a server on a TCP port, with a door for faults."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from . import wire_text
from .asterisk import Asterisk
from .session import SHIPPED_FILTERS, Session


class Simulator:
    """Serves `asterisk` on loopback (port 0: any free one; read `port` after `start`).

    The fault door, for tests, is the attributes and methods below `stop`; each says what it imitates.
    """

    def __init__(
        self,
        asterisk: Asterisk,
        *,
        username: str,
        secret: str,
        host: str = "127.0.0.1",
        port: int = 0,
        filters: Sequence[str] = SHIPPED_FILTERS,
    ) -> None:
        self.asterisk = asterisk
        self.username = username
        self.secret = secret
        self.host = host
        self.port = port
        self.filters = tuple(filters)
        self.sessions: set[Session] = set()
        self.actions: Counter[str] = Counter()  # actions received, by lower-case name
        self.refuse_logins = False
        self.booted = True
        self.frozen = False
        self.segment_bytes = 0
        self.cut_after_originates: int | None = None
        self._server: asyncio.Server | None = None

    async def start(self) -> Self:
        """Listen."""
        self._server = await asyncio.get_running_loop().create_server(
            lambda: Session(self), self.host, self.port, reuse_address=True
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        """End as `core stop now` does: says Shutdown, hangs calls up, closes."""
        self.asterisk.tell(
            "Shutdown",
            wire_text.text(
                [("Event", "Shutdown"), ("Privilege", "system,all"), ("Shutdown", "Cleanly"), ("Restart", "False")]
            ),
        )
        for call in tuple(self.asterisk.calls.values()):
            call.asterisk_hangs_up(16)
        await self._close()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    # -- the fault door ----------------------------------------------------------------------------------------------

    def drop_links(self) -> None:
        """A network that resets connections. Calls go on."""
        for session in tuple(self.sessions):
            session.abort()

    def half_open(self) -> None:
        """A network that swallows every packet of the present connections; new ones work."""
        for session in self.sessions:
            session.swallowed = True

    def freeze(self) -> None:
        """SIGSTOP: the kernel takes what is sent, nobody reads it."""
        self.frozen = True

    def thaw(self) -> None:
        """SIGCONT: what was sent meanwhile is now carried out."""
        self.frozen = False
        for session in tuple(self.sessions):
            session.thaw()

    def hold(self) -> None:
        """Collect what is to be sent, so that several events travel in one segment."""
        for session in self.sessions:
            session.held = True

    def release(self) -> None:
        """Send what `hold` collected, in one segment."""
        for session in tuple(self.sessions):
            session.held = False
            session.flush()

    def say_booted(self) -> None:
        """The end of a start with `booted` False: everything is loaded."""
        self.booted = True
        self.asterisk.tell("FullyBooted", self.fully_booted())

    async def die(self) -> None:
        """SIGKILL: connections, calls and port are gone; no record is written."""
        self.asterisk.die()
        await self._close()

    async def restart(self) -> None:
        """Start anew on the same port, after `die` or `stop`."""
        self.asterisk.begin_anew()
        await self.start()

    def fully_booted(self) -> bytes:
        """The event that tells it."""
        return wire_text.text(
            [
                ("Event", "FullyBooted"),
                ("Privilege", "system,all"),
                ("Uptime", self.asterisk.uptime_s),
                ("LastReload", self.asterisk.uptime_s),
                ("Status", "Fully Booted"),
            ]
        )

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self.drop_links()
            await self._server.wait_closed()
            self._server = None
