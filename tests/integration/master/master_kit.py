"""A master over real gRPC, with a private Redis and a store on SQLite, and what stands in for its neighbours."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from discador.master.bootstrap import build
from discador.master.settings import MasterSettings
from discador.runtime.grpc_client import channel
from discador.runtime.lifecycle import State, Supervisor
from discador.runtime.presence import Heartbeat, Instance
from discador.runtime.redis_client import connect
from discador.runtime.settings import load
from discador.runtime.streams import WorkStream
from discador.store import open_store
from discador.v1 import (
    attempt_pb2_grpc,
    campaign_pb2,
    campaign_pb2_grpc,
    dnc_pb2_grpc,
    lead_pb2_grpc,
    node_pb2_grpc,
    system_pb2_grpc,
    trunk_pb2_grpc,
    worker_pb2_grpc,
)
from tests.rig.ports import free_port

TOKEN = "token-of-the-test"
ROOT = Path(__file__).parents[3]


class Api:
    """Every service of a master."""

    def __init__(self, opened: grpc.aio.Channel) -> None:
        self.channel = opened
        self.campaigns: Any = campaign_pb2_grpc.CampaignServiceStub(opened)
        self.leads: Any = lead_pb2_grpc.LeadServiceStub(opened)
        self.attempts: Any = attempt_pb2_grpc.AttemptServiceStub(opened)
        self.trunks: Any = trunk_pb2_grpc.TrunkServiceStub(opened)
        self.nodes: Any = node_pb2_grpc.NodeServiceStub(opened)
        self.dnc: Any = dnc_pb2_grpc.DncServiceStub(opened)
        self.workers: Any = worker_pb2_grpc.WorkerServiceStub(opened)
        self.system: Any = system_pb2_grpc.SystemServiceStub(opened)


class World:
    """One Redis, one database, and the masters on them. Node `n1` has a trunk `t1`."""

    def __init__(self, directory: Path, redis_url: str) -> None:
        self.directory = directory
        self.redis_url = redis_url
        self.redis = connect(redis_url)
        self.database_url = f"sqlite:///{directory / 'discador.db'}"
        self.store = open_store(self.database_url)
        self.jobs = WorkStream(self.redis, "discador:jobs", "workers")
        self._running: list[tuple[Supervisor, asyncio.Task[int]]] = []
        self._channels: list[grpc.aio.Channel] = []
        self.address = ""
        self._beating: dict[str, tuple[Heartbeat, asyncio.Task[None]]] = {}

    def environment(self, port: int) -> dict[str, str]:
        return {
            "DISCADOR_DATABASE_URL": self.database_url,
            "DISCADOR_REDIS_URL": self.redis_url,
            "DISCADOR_SERVICE_TOKEN": TOKEN,
            "DISCADOR_BIND": f"127.0.0.1:{port}",
            "DISCADOR_NODES": "n1=127.0.0.1:1",
            "DISCADOR_TRUNKS": "t1,node=n1,dial=PJSIP/{number}@carrier,channels=30,cps=20",
        }

    async def master(self) -> Api:
        """Start a master in this process and return its API when it is ready."""
        port = free_port()
        supervisor = Supervisor("master", stop_grace_s=3.0)
        settings = load(MasterSettings, self.environment(port))
        supervisor.on_start(lambda: build(settings, supervisor))
        self._running.append((supervisor, asyncio.create_task(supervisor.run())))
        await until(lambda: supervisor.state is State.READY, 30.0)
        self.address = f"127.0.0.1:{port}"
        api = self.api(port)
        # A busy machine may need more than one attempt to connect.
        await api.channel.channel_ready()
        return api

    def api(self, port: int) -> Api:
        self._channels.append(channel(f"127.0.0.1:{port}", TOKEN, default_timeout_s=15.0))
        return Api(self._channels[-1])

    @property
    def channel(self) -> grpc.aio.Channel:
        """The channel to the master started last."""
        return self._channels[-1]

    async def stop_master(self) -> int:
        """Stop the master started last; return its exit code."""
        supervisor, task = self._running.pop()
        supervisor.stop("test")
        return await task

    def spawn(self, port: int, **extra: str) -> Any:
        """Start a master as a process of its own."""
        from tests.rig.process import Process

        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **self.environment(port), **extra}
        return Process(
            [sys.executable, "-m", "discador.master"], self.directory / f"master-{port}.log", cwd=ROOT, env=environment
        )

    def report(self, service: str, instance: str, **stats: object) -> None:
        """Let a service report that it lives, until the end of the test."""

        heartbeat = Heartbeat(self.redis, Instance(service, instance), state=lambda: "ready", stats=lambda: dict(stats))

        async def beat() -> None:
            while True:
                await heartbeat.run_once()
                await asyncio.sleep(1.0)

        self._beating[instance] = (heartbeat, asyncio.create_task(beat()))

    async def leave(self, instance: str) -> None:
        """Let a service that reports end in order."""
        heartbeat, task = self._beating.pop(instance)
        task.cancel()
        await asyncio.wait({task})
        await heartbeat.leave()

    def gateway_up(self) -> None:
        """The gateway of `n1` reports that Asterisk takes calls."""
        self.report("ami-gateway", "gw-1", node="n1", ami_state="AMI_STATE_UP", asterisk_version="20.6.0", live_calls=3)

    async def close(self) -> None:
        for _, task in self._beating.values():
            task.cancel()
        for opened in self._channels:
            await opened.close()
        while self._running:
            await self.stop_master()
        await self.redis.aclose()
        self.store.close()


async def until(condition: Callable[[], Any], within: float = 10.0) -> None:
    """Wait until the condition (or what it returns, awaited) holds."""
    end = time.monotonic() + within
    while True:
        held = condition()
        if isinstance(held, Awaitable):
            held = await held
        if held:
            return
        assert time.monotonic() < end, "the condition did not come true in time"
        await asyncio.sleep(0.02)


class Refusal:
    """How an RPC was refused."""

    code: grpc.StatusCode
    error_id: str
    fields: set[str]


@contextmanager
def refused() -> Iterator[Refusal]:
    """Expect that the RPC inside is refused; tells how."""
    refusal = Refusal()
    try:
        yield refusal
    except grpc.RpcError as error:
        status: Any = rpc_status.from_call(error)  # type: ignore[arg-type]
        refusal.code, refusal.error_id, refusal.fields = error.code(), "", set()  # type: ignore[attr-defined]
        for detail in status.details:
            if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
                info = error_details_pb2.ErrorInfo()
                detail.Unpack(info)
                refusal.error_id = info.reason
            if detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
                bad = error_details_pb2.BadRequest()
                detail.Unpack(bad)
                refusal.fields = {violation.field for violation in bad.field_violations}
        return
    raise AssertionError("the RPC was not refused")


def settings(**fields: Any) -> campaign_pb2.CampaignSettings:
    """Settings that may dial at any time."""
    return campaign_pb2.CampaignSettings(
        **{
            "message": "demo",
            "max_channels": 5,
            "window": campaign_pb2.CallingWindow(always=True),
            "max_attempts_per_number_day": 50,
            **fields,
        }
    )


async def new_campaign(api: Api, name: str = "Test", **fields: Any) -> campaign_pb2.Campaign:
    """Create a campaign."""
    campaign = campaign_pb2.Campaign(name=name, settings=settings(**fields))
    return await api.campaigns.CreateCampaign(campaign_pb2.CreateCampaignRequest(campaign=campaign))
