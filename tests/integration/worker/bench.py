"""What worker and maintenance run against in tests: a real Redis, a store on SQLite, a node with a test gateway."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Self
from uuid import UUID

from discador.core.attempt import State
from discador.core.campaign import CampaignSettings, Command
from discador.core.compliance import ALWAYS_OPEN, Caps, local_day
from discador.maintenance.bootstrap import build as build_maintenance
from discador.maintenance.settings import MaintenanceSettings
from discador.runtime.lifecycle import Supervisor
from discador.runtime.redis_client import connect
from discador.runtime.settings import load
from discador.runtime.streams import WorkStream
from discador.store import open_store
from discador.store.records import Attempt, NewLead, Node, Pass, Reserved, ReservePlan, Trunk
from discador.worker.bootstrap import build as build_worker
from discador.worker.jobs import GROUP, KEY
from discador.worker.settings import WorkerSettings
from tests.integration.worker.gateway import Gateway
from tests.rig.process import Process
from tests.rig.redis import Redis as RedisServer

SETTINGS = CampaignSettings(
    message="demo", window=ALWAYS_OPEN, max_channels=1000, caps=Caps(per_number_per_day=50, min_spacing_s=0)
)


def environ() -> dict[str, str]:
    """What a Python process needs of this one's environment."""
    return {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


class Bench:
    """One node `n1` and one trunk; `reserve` stands for the master."""

    def __init__(self, directory: Path, server: RedisServer) -> None:
        self.directory = directory
        self.server = server
        self.token = secrets.token_hex(8)
        self.database_url = f"sqlite:///{directory / 'discador.db'}"
        self.redis = connect(server.url)
        self.store = open_store(self.database_url)
        self.gateway = Gateway(self.redis, "n1", self.token)
        self.jobs = WorkStream(self.redis, KEY, GROUP)
        self._leads = 0

    async def open(self, rate: float) -> Self:
        await self.gateway.start()
        self.store.migrate()
        self.store.system.set_dialling(True, "test")
        self.epoch = self.store.leadership.take("test")
        self.node: Node = self.store.nodes.create("n1", self.gateway.address)
        self.trunk: Trunk = self.store.trunks.create(
            "t1", self.node.id, "PJSIP/{number}@carrier", max_channels=1000, max_calls_per_second=rate
        )
        self.campaign_id = self.store.campaigns.create("c1", SETTINGS).id
        self.store.campaigns.command(self.campaign_id, Command.START)
        await self.jobs.ensure()
        return self

    async def close(self) -> None:
        await self.gateway.stop()
        await self.redis.aclose()
        self.store.close()

    def environment(self, **changes: Any) -> dict[str, str]:
        return {
            "DISCADOR_DATABASE_URL": self.database_url,
            "DISCADOR_REDIS_URL": self.server.url,
            "DISCADOR_SERVICE_TOKEN": self.token,
            "DISCADOR_BIND": "127.0.0.1:0",
            "DISCADOR_LOG_LEVEL": "debug",
            **{f"DISCADOR_{name.upper()}": str(value) for name, value in changes.items()},
        }

    @asynccontextmanager
    async def worker(self, **changes: Any) -> AsyncIterator[Supervisor]:
        """A worker in this process."""
        settings = load(WorkerSettings, self.environment(**changes))
        async with _running("worker", lambda supervisor: build_worker(settings, supervisor)) as supervisor:
            yield supervisor

    @asynccontextmanager
    async def workers(self, count: int) -> AsyncIterator[None]:
        """That many workers in this process."""
        async with AsyncExitStack() as stack:
            for _ in range(count):
                await stack.enter_async_context(self.worker())
            yield

    @asynccontextmanager
    async def maintenance(self, **changes: Any) -> AsyncIterator[Supervisor]:
        """A maintenance service in this process."""
        settings = load(MaintenanceSettings, self.environment(**changes))
        async with _running("maintenance", lambda supervisor: build_maintenance(settings, supervisor)) as supervisor:
            yield supervisor

    def worker_process(self, environ: dict[str, str], **changes: Any) -> Process:
        """A worker in a process of its own, that can be killed."""
        command = [sys.executable, "-m", "discador.worker"]
        output = self.directory / f"worker-{secrets.token_hex(3)}.log"
        return Process(command, output, env={**environ, **self.environment(**changes)})

    def add_leads(self, count: int) -> None:
        for _ in range(count):
            self._leads += 1
            number = f"+55119{self._leads:08}"
            self.store.leads.create(self.campaign_id, NewLead(number, ("America/Sao_Paulo",)))

    def reserve(self, count: int, *, expires_in_s: float = 60.0) -> list[UUID]:
        """Add leads and reserve them; nothing is published."""
        self.add_leads(count)
        plan = ReservePlan(self.campaign_id, self.trunk.id, self.node.id, count, expires_in_s)
        reserved: list[Reserved] = self.store.reservation.reserve(self.epoch, plan)
        assert len(reserved) == count
        return [one.attempt_id for one in reserved]

    async def publish(self, attempt_ids: Iterable[UUID]) -> None:
        trunk, node = str(self.trunk.id).encode(), str(self.node.id).encode()
        await self.jobs.publish(
            [{b"attempt": str(id_).encode(), b"trunk": trunk, b"node": node} for id_ in attempt_ids]
        )

    async def dial(self, count: int) -> list[UUID]:
        ids = self.reserve(count)
        await self.publish(ids)
        return ids

    def attempt(self, attempt_id: UUID) -> Attempt:
        return self.store.attempts.get(attempt_id)[0]

    def states(self, ids: Iterable[UUID]) -> set[State]:
        return {self.attempt(id_).state for id_ in ids}

    async def until_all(self, ids: Iterable[UUID], state: State, within: float = 15.0) -> None:
        wanted = list(ids)
        await until(lambda: self.states(wanted) == {state}, within, lambda: str(self.states(wanted)))

    def gate_by_hand(self, ids: Iterable[UUID], not_after_s: float = 10.0) -> None:
        """Bring attempts to `submitting`, as a worker would that dies right after."""
        result = self.store.gate.pass_through(
            "dead-worker", list(ids), not_after_s, lambda candidate: Pass(local_day(candidate.now, "UTC"))
        )
        assert not result.missed

    def with_settings(self, **changes: Any) -> None:
        self.store.campaigns.update(self.campaign_id, settings=replace(SETTINGS, **changes))


async def until(holds: Callable[[], Any], within: float = 15.0, what: Callable[[], str] = lambda: "") -> None:
    """Wait until `holds()` (or what it returns, awaited) is true."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    while True:
        held = holds()
        if isinstance(held, Awaitable):
            held = await held
        if held:
            return
        assert loop.time() < deadline, f"not within {within} s; {what()}"
        await asyncio.sleep(0.03)


@asynccontextmanager
async def _running(name: str, build: Callable[[Supervisor], Awaitable[None]]) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(name, stop_grace_s=12.0)
    supervisor.on_start(lambda: build(supervisor))
    task = asyncio.ensure_future(supervisor.run())
    try:
        await until(lambda: supervisor.state.value != "starting")
        assert supervisor.state.value == "ready"
        yield supervisor
    finally:
        supervisor.stop("the test is over")
        await task
