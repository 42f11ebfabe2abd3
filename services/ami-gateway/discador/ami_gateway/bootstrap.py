"""Wires the gateway: what is made, what runs, and in which order it ends."""

from __future__ import annotations

from pathlib import Path

from discador.runtime import redis_client
from discador.runtime.commands import CommandWatch
from discador.runtime.grpc_server import GrpcServer
from discador.runtime.identity import instance_id
from discador.runtime.lease import Lease
from discador.runtime.lifecycle import Supervisor
from discador.runtime.presence import Heartbeat, Instance
from discador.v1.gateway_pb2_grpc import add_GatewayServiceServicer_to_server

from . import VERSION
from .gateway import Gateway
from .ownership import LEASE_TTL_MS, Ownership
from .publisher import FIELD, Publisher
from .rpc_server import GatewayServicer
from .settings import GatewaySettings


async def build(settings: GatewaySettings, supervisor: Supervisor) -> Gateway:
    """Start the gRPC server and register everything that runs."""
    gateway_id = instance_id("ami-gateway")
    redis = redis_client.connect(settings.redis_url, name=gateway_id)
    supervisor.on_stop(redis.aclose)
    stream = f"discador:events:{settings.node}"
    publisher = Publisher(settings.node, gateway_id, lambda batch: redis.xadd(stream, {FIELD: batch}))
    gateway = Gateway(
        settings.node,
        gateway_id,
        ami=(settings.ami_host, settings.ami_port, settings.ami_username, settings.ami_secret),
        publisher=publisher,
        cdr_csv=Path(settings.cdr_csv) if settings.cdr_csv else None,
        max_in_flight=settings.max_in_flight,
        strict=settings.fence == "strict",
    )
    lease = Lease(redis, f"gateway:{settings.node}", gateway_id, LEASE_TTL_MS)
    gateway.ownership = ownership = Ownership(lease, gateway.owned_changed)

    server = GrpcServer(
        str(settings.bind), settings.service_token, [(add_GatewayServiceServicer_to_server, GatewayServicer(gateway))]
    )
    port = await server.start()
    address = f"{settings.bind.host}:{port}"
    heartbeat = Heartbeat(
        redis,
        Instance("ami-gateway", gateway_id, VERSION, address),
        state=lambda: supervisor.state.value,
        stats=gateway.presence,
    )

    async def quiet() -> None:
        gateway.originator.stopping = True
        await server.set_not_serving()
        await gateway.originator.idle.wait()

    async def drain() -> None:
        # The connection has ended, so nothing is added any more.
        publisher.finish()
        await publisher.run()

    supervisor.on_stop(gateway.close)
    supervisor.on_stop(ownership.close)
    supervisor.on_stop(heartbeat.leave)
    supervisor.on_stop(drain)
    supervisor.on_stop(server.stop)
    supervisor.on_quiet(quiet)
    supervisor.on_ready(server.set_serving)
    supervisor.every(ownership)
    supervisor.every(heartbeat)
    supervisor.every(CommandWatch(redis, gateway_id, supervisor.stop))
    supervisor.every(gateway)
    supervisor.spawn("ami", gateway.connection.run)
    supervisor.spawn("publisher", publisher.run)
    supervisor.provide_status("gateway", gateway.presence)
    return gateway
