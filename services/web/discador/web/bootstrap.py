"""Wires the web service."""

from __future__ import annotations

from importlib.metadata import version
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
    app = make_app(_always(master), _always(maintenance), settings.api_token, release, make_pages(site))
    server = HttpServer(app, settings.stop_grace_s)
    port = server.bind(settings.bind.host, settings.bind.port)
    instance = Instance("web", instance_id("web"), release, f"{settings.bind.host}:{port}")
    heartbeat = Heartbeat(redis, instance, state=lambda: supervisor.state.value)
    supervisor.spawn("http", server.run_until_stopped)
    supervisor.every(heartbeat)
    supervisor.every(CommandWatch(redis, instance.instance, supervisor.stop))
    supervisor.every(site.hub)
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
