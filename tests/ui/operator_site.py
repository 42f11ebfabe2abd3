"""The pages over a real installation, with a door in place of the identity service: a cookie says who asks."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field

from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import Response

from discador.core.identity import Caller, CallerKind, Role, permissions_of
from discador.runtime.grpc_client import channel
from discador.web.app import make_app
from discador.web.pages.routes import make_pages
from discador.web.pages.site import make_site
from discador.web.server import HttpServer

ROLES = {role.value: role for role in Role}


def caller(role: str) -> Caller:
    """Return somebody with one role."""
    roles = (ROLES[role],)
    return Caller(CallerKind.USER, 7, "ana", roles, permissions_of(roles))


class Door(BaseHTTPMiddleware):
    """Lets in whoever names a role in the cookie `role`."""

    async def dispatch(self, request: Request, call_next) -> Response:  # type: ignore[no-untyped-def]
        role = request.cookies.get("role", "")
        request.state.caller = caller(role) if role in ROLES else None
        request.state.csrf_token = "token-of-the-test"
        return await call_next(request)


@dataclass
class OperatorSite:
    """The web service in a thread of its own. `url` is where it listens."""

    master: str
    token: str
    logs: str
    url: str = ""
    _loop: asyncio.AbstractEventLoop | None = None
    _ready: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _port: int = 0

    def start(self) -> None:
        """Listen, on the same port again after a stop."""
        self._ready.clear()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="web")
        self._thread.start()
        assert self._ready.wait(20), "the web service did not start"

    def stop(self) -> None:
        """End it as a stop does: streams are told, requests are finished."""
        assert self._loop is not None and self._thread is not None
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(20)
        assert not self._thread.is_alive(), "the web service did not stop"

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        opened = channel(self.master, self.token)
        site = make_site(lambda: opened, "1.0", "America/Sao_Paulo", self.logs)
        pages = Door(make_pages(site))
        server = HttpServer(make_app(lambda: opened, lambda: opened, "api-token", "1.0", pages), 3)
        self._port = server.bind("127.0.0.1", self._port)
        self.url = f"http://127.0.0.1:{self._port}"
        await site.hub.run_once()
        hub = asyncio.create_task(self._hub(site))
        serving = asyncio.create_task(server.run_until_stopped())
        self._ready.set()
        await self._stopping.wait()
        await site.hub.close_all()
        await server.quieten()
        await serving
        hub.cancel()
        await asyncio.wait({hub})
        await site.close()
        await opened.close()

    async def _hub(self, site) -> None:  # type: ignore[no-untyped-def]
        while True:
            await site.hub.run_once()
            await asyncio.sleep(site.hub.interval)
