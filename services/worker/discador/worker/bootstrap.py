"""Wires the worker."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from uuid import UUID

from discador.runtime.commands import CommandWatch
from discador.runtime.grpc_server import GrpcServer
from discador.runtime.identity import instance_id
from discador.runtime.lifecycle import Supervisor
from discador.runtime.presence import Heartbeat, Instance
from discador.runtime.redis_client import connect
from discador.runtime.streams import WorkStream
from discador.runtime.threads import Threads
from discador.runtime.token_bucket import TokenBucket
from discador.store import Store, open_store
from discador.store.records import Happening
from discador.worker.dialler import Dialler
from discador.worker.directory import Directory
from discador.worker.followers import Followers
from discador.worker.gate import Gate
from discador.worker.gateways import Gateways
from discador.worker.jobs import GROUP, KEY, UNDELIVERABLE, Jobs, Renewal
from discador.worker.originate import Originator
from discador.worker.pace import Pace
from discador.worker.settings import WorkerSettings


async def build(settings: WorkerSettings, supervisor: Supervisor) -> None:
    """Open what is needed and register everything with the supervisor."""
    me = instance_id("worker")
    redis = connect(settings.redis_url, name="worker")
    # The gate and the follower have a thread each at any time, so that neither waits behind the other.
    threads = Threads(settings.database_threads, name="database")
    store = open_store(settings.database_url, pool_size=settings.database_threads)
    server = GrpcServer(str(settings.bind), settings.service_token, (), reflection=True)

    directory = Directory(store, threads)
    gateways = Gateways(settings.service_token)
    pace = Pace(TokenBucket(redis), directory.rate, settings.head_start_s)
    gate = Gate(store, threads, me, settings.not_after_s, directory.is_disabled)
    dialler = Dialler(store, threads, directory, gateways, pace, gate, Originator(gateways), settings.not_after_s)
    jobs = Jobs(
        WorkStream(redis, KEY, GROUP),
        me,
        settings.slots,
        settings.patience_s,
        dialler.carry_out,
        partial(_give_up, store, threads),
    )
    followers = Followers(supervisor, redis, store, threads, directory, me)

    async def quieten() -> None:
        await server.set_not_serving()
        pace.close()
        await jobs.close()

    def figures() -> dict[str, object]:
        return {
            "in_flight": jobs.in_flight,
            "waiting_for_pace": pace.waiting,
            "gated": gate.passed,
            "blocked": gate.blocked,
            "missed": gate.missed,
            "nodes": followers.nodes,
            "events_applied": followers.applied,
        }

    address = f"{settings.bind.host}:{await server.start()}"
    instance = Instance("worker", me, version("discador-worker"), address)
    heartbeat = Heartbeat(redis, instance, state=lambda: supervisor.state.value, stats=figures)
    supervisor.every(directory)
    supervisor.every(heartbeat)
    supervisor.every(CommandWatch(redis, me, supervisor.stop))
    supervisor.every(followers)
    supervisor.every(Renewal(jobs))
    supervisor.spawn("pace", pace.run)
    # Not `until_quiet`: what it holds is carried out to its end; `quieten` ends it.
    supervisor.spawn("jobs", jobs.take)
    supervisor.provide_status("worker", figures)
    supervisor.on_ready(server.set_serving)
    supervisor.on_quiet(quieten)

    async def close_store() -> None:
        await threads.close()
        store.close()

    # In reverse order: leases first, so that others follow at once.
    supervisor.on_stop(redis.aclose)
    supervisor.on_stop(close_store)
    supervisor.on_stop(gateways.close)
    supervisor.on_stop(server.stop)
    supervisor.on_stop(heartbeat.leave)
    supervisor.on_stop(followers.close)


async def _give_up(store: Store, threads: Threads, attempt_ids: Sequence[UUID]) -> None:
    at = datetime.now(UTC)
    ends = [Happening(id_, UNDELIVERABLE, at, None, "undeliverable", UNDELIVERABLE.reason) for id_ in attempt_ids]
    await threads.run(store.progress.apply, ends)
