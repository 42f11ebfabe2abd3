"""Every page's route, and the application of all of them."""

from __future__ import annotations

from typing import Final

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount

from discador.web.live import stream
from discador.web.pages import (
    calls,
    campaign,
    campaigns,
    dnc,
    imports,
    leads,
    lines,
    logs,
    monitor,
    overview,
    preferences,
    running,
)
from discador.web.pages.errors import HANDLERS
from discador.web.pages.site import Site
from discador.web.static_files import HashedFiles

ROUTES: Final[tuple[BaseRoute, ...]] = (
    Mount("/static", HashedFiles()),
    *stream.ROUTES,
    *preferences.ROUTES,
    *overview.ROUTES,
    *monitor.ROUTES,
    *running.ROUTES,
    *calls.ROUTES,
    *campaigns.ROUTES,
    *imports.ROUTES,
    *campaign.ROUTES,
    *leads.ROUTES,
    *lines.ROUTES,
    *dnc.ROUTES,
    *logs.ROUTES,
)


def make_pages(site: Site, more: tuple[BaseRoute, ...] = ()) -> Starlette:
    """Return the application of the pages; `more` routes (the login's) share its templates and error pages."""
    app = Starlette(routes=[*more, *ROUTES], exception_handlers=HANDLERS)
    app.state.site = site
    return app
