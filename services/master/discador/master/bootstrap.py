"""Wires the master."""

from __future__ import annotations

from discador.master.database import Database
from discador.master.dialler import Dialler
from discador.master.event_streams import EventStreams
from discador.master.explanation import Explanation
from discador.master.first_routes import make_missing
from discador.master.fleet import Fleet
from discador.master.jobs import Jobs
from discador.master.leadership import Leadership
from discador.master.login_guard import LoginGuard
from discador.master.passwords import Passwords
from discador.master.release import release
from discador.master.rpc.attempts import AttemptServicer
from discador.master.rpc.audit import AuditServicer
from discador.master.rpc.campaigns import CampaignServicer
from discador.master.rpc.dnc import DncServicer
from discador.master.rpc.leads import LeadServicer
from discador.master.rpc.nodes import NodeServicer
from discador.master.rpc.sessions import SessionServicer
from discador.master.rpc.system import SystemServicer
from discador.master.rpc.tokens import TokenServicer
from discador.master.rpc.trunks import TrunkServicer
from discador.master.rpc.users import UserServicer
from discador.master.rpc.workers import WorkerServicer
from discador.master.settings import MasterSettings
from discador.master.sweeper import Finisher, ImportSweeper, Republisher, Returner
from discador.master.wake import Wake, WakeListener
from discador.runtime.commands import CommandWatch
from discador.runtime.grpc_server import GrpcServer, Registration
from discador.runtime.identity import instance_id
from discador.runtime.lifecycle import Supervisor
from discador.runtime.presence import Heartbeat, Instance
from discador.runtime.redis_client import connect
from discador.runtime.threads import Threads
from discador.store import open_store
from discador.v1 import (
    attempt_pb2_grpc,
    audit_pb2_grpc,
    campaign_pb2_grpc,
    dnc_pb2_grpc,
    identity_pb2_grpc,
    lead_pb2_grpc,
    node_pb2_grpc,
    system_pb2_grpc,
    trunk_pb2_grpc,
    worker_pb2_grpc,
)

_LEADER_THREADS = 3
_IMPORT_THREADS = 3


async def build(settings: MasterSettings, supervisor: Supervisor) -> None:
    """Open store and Redis, bind the port, register loops and hooks. Standbys serve every RPC as the leader does."""
    instance = instance_id("master")
    redis = connect(settings.redis_url, name="master")
    threads = Threads(settings.database_threads, name="rpc")
    # Dialling must not wait behind slow RPCs, nor RPCs behind imports.
    leader_threads = Threads(_LEADER_THREADS, name="leader")
    import_threads = Threads(_IMPORT_THREADS, name="import")
    store = open_store(settings.database_url, settings.database_threads + _LEADER_THREADS + _IMPORT_THREADS)
    if settings.migrate:
        await threads.run(store.migrate)
    await threads.run(make_missing, store, settings.nodes, settings.trunks)

    database, jobs, fleet, wake = Database(store, threads), Jobs(redis), Fleet(redis), Wake(redis)
    leadership = Leadership(redis, store, leader_threads, instance)
    explanation = Explanation(database, fleet, jobs, redis)
    passwords, guard = Passwords(), LoginGuard(redis)
    services: list[Registration] = [
        (
            campaign_pb2_grpc.add_CampaignServiceServicer_to_server,
            CampaignServicer(database, explanation, wake, settings.time_zone),
        ),
        (
            lead_pb2_grpc.add_LeadServiceServicer_to_server,
            LeadServicer(database, explanation, wake, import_threads),
        ),
        (attempt_pb2_grpc.add_AttemptServiceServicer_to_server, AttemptServicer(database)),
        (trunk_pb2_grpc.add_TrunkServiceServicer_to_server, TrunkServicer(database, wake)),
        (node_pb2_grpc.add_NodeServiceServicer_to_server, NodeServicer(database, fleet, wake)),
        (dnc_pb2_grpc.add_DncServiceServicer_to_server, DncServicer(database)),
        (worker_pb2_grpc.add_WorkerServiceServicer_to_server, WorkerServicer(database, fleet, redis)),
        (
            system_pb2_grpc.add_SystemServiceServicer_to_server,
            SystemServicer(database, fleet, jobs, EventStreams(redis), redis, wake, release()),
        ),
        (identity_pb2_grpc.add_UserServiceServicer_to_server, UserServicer(database, passwords, guard)),
        (identity_pb2_grpc.add_TokenServiceServicer_to_server, TokenServicer(database)),
        (identity_pb2_grpc.add_SessionServiceServicer_to_server, SessionServicer(database, passwords, guard)),
        (audit_pb2_grpc.add_AuditServiceServicer_to_server, AuditServicer(database)),
    ]
    server = GrpcServer(str(settings.bind), settings.service_token, services, reflection=True)
    port = await server.start()
    heartbeat = Heartbeat(
        redis,
        Instance("master", instance, release(), f"{settings.bind.host}:{port}"),
        state=lambda: supervisor.state.value,
        stats=lambda: {"leading": leadership.epoch is not None, "epoch": leadership.epoch or 0},
    )

    supervisor.every(heartbeat)
    supervisor.every(fleet)
    supervisor.every(leadership.keeper, until_quiet=True)
    dialler = Dialler(store, leader_threads, jobs, fleet, leadership)
    dialling = supervisor.every(dialler, until_quiet=True)
    returner = supervisor.every(Returner(store, leader_threads, leadership), until_quiet=True)
    finisher = supervisor.every(Finisher(store, leader_threads, leadership), until_quiet=True)
    supervisor.every(Republisher(store, leader_threads, jobs, leadership), until_quiet=True)
    supervisor.every(ImportSweeper(store, leader_threads, leadership), until_quiet=True)
    supervisor.every(CommandWatch(redis, instance, supervisor.stop))

    def commanded() -> None:
        dialler.rouse()
        for loop in (dialling, returner, finisher):
            loop.wake()

    supervisor.spawn("wake", WakeListener(redis, commanded).listen)
    supervisor.on_ready(server.set_serving)
    # The lease goes first, so that a standby leads while this process still finishes its RPCs.
    supervisor.on_quiet(leadership.keeper.close)
    supervisor.on_quiet(server.set_not_serving)
    supervisor.on_stop(redis.aclose)
    supervisor.on_stop(threads.close)
    supervisor.on_stop(lambda: threads.run(store.close))
    supervisor.on_stop(passwords.close)
    supervisor.on_stop(import_threads.close)
    supervisor.on_stop(leader_threads.close)
    supervisor.on_stop(leadership.keeper.close)
    supervisor.on_stop(heartbeat.leave)
    supervisor.on_stop(server.stop)
    supervisor.provide_status("leadership", lambda: {"epoch": leadership.epoch})
