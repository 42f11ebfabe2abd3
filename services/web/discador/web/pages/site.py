"""What every page works with: the master, the templates, and what the service remembers between requests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import grpc
from starlette.requests import Request

from discador.web.live.hub import Hub
from discador.web.pages.commands import Commands
from discador.web.pages.master import Master
from discador.web.pages.render import Renderer
from discador.web.pages.uploads import Uploads


@dataclass(frozen=True)
class Site:
    """One web service's pages. Nothing in it is a truth: after a restart only the histories of charts begin anew."""

    master: Master
    renderer: Renderer
    hub: Hub
    uploads: Uploads
    commands: Commands = field(default_factory=Commands)
    background: set[asyncio.Task[None]] = field(default_factory=set)
    log_directory: Path | None = None

    async def close(self) -> None:
        """End imports that still run (the same file goes on later) and forget uploads."""
        for task in self.background:
            task.cancel()
        await asyncio.gather(*self.background, return_exceptions=True)
        self.uploads.close()


def make_site(channel: Callable[[], grpc.aio.Channel], version: str, time_zone: str, log_directory: str = "") -> Site:
    """Return a site whose master is reached over `channel`; its hub has still to be run."""
    master = Master(channel)
    hub = Hub(master)
    return Site(
        master=master,
        renderer=Renderer(time_zone, version, hub),
        hub=hub,
        uploads=Uploads(),
        log_directory=Path(log_directory) if log_directory else None,
    )


def site_of(request: Request) -> Site:
    """Return the site that serves the request."""
    site: Site = request.app.state.site
    return site


def master_of(request: Request) -> Master:
    """Return the master, acting for whoever asks: `rpc_metadata` of the request's state proves who that is."""
    return site_of(request).master.acting_for(getattr(request.state, "rpc_metadata", ()))
