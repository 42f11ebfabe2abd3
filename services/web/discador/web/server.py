"""uvicorn as a task of the supervisor, which alone decides when the process ends."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from discador.web.framing import OneFraming


class HttpServer(uvicorn.Server):
    """Serves an application on a socket that is bound already, so that a taken port fails the start."""

    def __init__(self, app: ASGIApp, grace_s: float) -> None:
        config = uvicorn.Config(
            OneFraming(app),
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=max(1, int(grace_s)),
        )
        super().__init__(config)
        self._sockets: list[socket.socket] = []

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the supervisor."""
        yield

    def bind(self, host: str, port: int) -> int:
        """Bind and return the port; `OSError` if it is taken."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows: SO_REUSEADDR would let two processes listen
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        self._sockets.append(listener)
        return int(listener.getsockname()[1])

    async def run_until_stopped(self) -> None:
        """Serve until `quieten`."""
        await self.serve(sockets=self._sockets)

    async def quieten(self) -> None:
        """Take no new connection, finish the requests in flight."""
        self.should_exit = True
        while self.started and self.servers:
            await asyncio.sleep(0.05)
            if all(not server.is_serving() for server in self.servers):
                return
