"""Wires the maintenance service."""

from __future__ import annotations

from importlib.metadata import version

from discador.maintenance.activity import LEASE, LEASE_TTL_MS, WhileActive
from discador.maintenance.gateways import Gateways
from discador.maintenance.orphans import OrphanHunter
from discador.maintenance.report import Report
from discador.maintenance.rescuer import Rescuer
from discador.maintenance.rpc_server import MaintenanceServicer
from discador.maintenance.settings import MaintenanceSettings
from discador.runtime.commands import CommandWatch
from discador.runtime.grpc_server import GrpcServer
from discador.runtime.identity import instance_id
from discador.runtime.lease import Lease, LeaseKeeper
from discador.runtime.lifecycle import Supervisor
from discador.runtime.presence import Heartbeat, Instance
from discador.runtime.redis_client import connect
from discador.runtime.threads import Threads
from discador.store import open_store
from discador.v1 import maintenance_pb2_grpc


async def build(settings: MaintenanceSettings, supervisor: Supervisor) -> None:
    """Open what is needed and register everything with the supervisor."""
    me = instance_id("maintenance")
    redis = connect(settings.redis_url, name="maintenance")
    threads = Threads(settings.database_threads, name="database")
    store = open_store(settings.database_url, pool_size=settings.database_threads)
    gateways = Gateways(settings.service_token)
    keeper = LeaseKeeper(Lease(redis, LEASE, me, LEASE_TTL_MS))
    report = Report()

    rescuer = Rescuer(
        store,
        threads,
        gateways,
        report,
        lost_grace_s=settings.lost_grace_s,
        give_up_s=settings.give_up_s,
    )
    service = maintenance_pb2_grpc.add_MaintenanceServiceServicer_to_server, MaintenanceServicer(report, rescuer)
    server = GrpcServer(str(settings.bind), settings.service_token, (service,), reflection=True)
    address = f"{settings.bind.host}:{await server.start()}"

    def figures() -> dict[str, object]:
        return {"active": keeper.held, **report.as_figures()}

    instance = Instance("maintenance", me, version("discador-maintenance"), address)
    heartbeat = Heartbeat(redis, instance, state=lambda: supervisor.state.value, stats=figures)
    supervisor.every(keeper)
    supervisor.every(heartbeat)
    supervisor.every(CommandWatch(redis, me, supervisor.stop))
    supervisor.every(WhileActive(rescuer, lambda: keeper.held))
    supervisor.every(WhileActive(OrphanHunter(store, threads, gateways, report), lambda: keeper.held))
    supervisor.provide_status("maintenance", figures)
    supervisor.on_ready(server.set_serving)
    supervisor.on_quiet(server.set_not_serving)

    async def close_store() -> None:
        await threads.close()
        store.close()

    # In reverse order: the lease first, so that another instance takes over at once.
    supervisor.on_stop(redis.aclose)
    supervisor.on_stop(close_store)
    supervisor.on_stop(gateways.close)
    supervisor.on_stop(server.stop)
    supervisor.on_stop(heartbeat.leave)
    supervisor.on_stop(keeper.close)
