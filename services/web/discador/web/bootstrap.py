"""Wires the web service."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import grpc

from discador.runtime.commands import CommandWatch
from discador.runtime.grpc_client import channel
from discador.runtime.identity import instance_id
from discador.runtime.lifecycle import Supervisor
from discador.runtime.log import get_logger
from discador.runtime.presence import Heartbeat, Instance
from discador.runtime.redis_client import connect
from discador.web.app import make_app
from discador.web.auth.authentication import Doors
from discador.web.auth.first_run import FirstRunToken, FirstRunWatch
from discador.web.auth.identities import Identities
from discador.web.auth.rates import Rates
from discador.web.auth.routes import account_pages
from discador.web.auth.sessions import Sessions
from discador.web.pages.routes import make_pages
from discador.web.pages.site import make_site
from discador.web.server import HttpServer
from discador.web.settings import WebSettings


async def build(settings: WebSettings, supervisor: Supervisor) -> None:
    """Open the channels, bind the port, register everything with the supervisor."""
    release = version("discador-web")
    master = channel(settings.master, settings.service_token)
    maintenance = channel(settings.maintenance, settings.service_token)
    redis = connect(settings.redis_url, name="web")
    site = make_site(_always(master), release, settings.time_zone, settings.log_dir)
    identities = Identities(_always(master))
    doors = Doors(
        identities,
        Sessions(redis, settings.session_idle_s, settings.session_longest_s),
        Rates(redis, settings.redis_url, settings.rate_limit, settings.login_rate_limit),
        settings.api_token,
    )
    first_run = FirstRunToken(Path(settings.first_run_file))
    pages = make_pages(site, account_pages(first_run))
    app = make_app(_always(master), _always(maintenance), settings.api_token, release, pages, doors)
    server = HttpServer(app, settings.stop_grace_s)
    port = server.bind(settings.bind.host, settings.bind.port)
    instance = Instance("web", instance_id("web"), release, f"{settings.bind.host}:{port}")
    heartbeat = Heartbeat(redis, instance, state=lambda: supervisor.state.value)
    supervisor.spawn("http", server.run_until_stopped)
    supervisor.every(heartbeat)
    supervisor.every(CommandWatch(redis, instance.instance, supervisor.stop))
    supervisor.every(site.hub)
    supervisor.every(FirstRunWatch(identities, first_run))
    supervisor.on_quiet(server.quieten)
    supervisor.on_quiet(site.hub.close_all)
    supervisor.on_stop(redis.aclose)
    supervisor.on_stop(maintenance.close)
    supervisor.on_stop(master.close)
    supervisor.on_stop(site.close)
    supervisor.on_stop(heartbeat.leave)
    get_logger("web").info("web.listening", host=settings.bind.host, port=port)


def _always(opened: grpc.aio.Channel) -> Any:
    return lambda: opened
