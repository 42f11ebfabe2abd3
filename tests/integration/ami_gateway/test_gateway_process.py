"""The service as a process: real Redis, gRPC, signals; Asterisk is the simulator."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
import pytest

from discador.runtime import grpc_client, redis_client
from discador.simulator import Simulator
from discador.v1 import gateway_pb2 as wire
from discador.v1 import gateway_pb2_grpc
from discador.v1.node_pb2 import AMI_STATE_UP
from tests.integration.ami_gateway.gateway_kit import eventually, name, origination, until
from tests.rig.redis import Redis

TOKEN = "token-of-the-test"
STREAM = "discador:events:node-a"


@pytest.fixture
def redis() -> Iterator[Redis]:
    with Redis() as server:
        yield server


@pytest.fixture
async def client(redis: Redis) -> AsyncIterator[redis_client.Redis]:
    connection = redis_client.connect(redis.url)
    yield connection
    await connection.aclose()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """A gateway process, and a channel to it."""

    def __init__(self, simulator: Simulator, redis: Redis, records: Path, log: Path) -> None:
        self.port = free_port()
        self.log = log
        self._environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("DISCADOR_")},
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "DISCADOR_NODE": "node-a",
            "DISCADOR_REDIS_URL": redis.url,
            "DISCADOR_SERVICE_TOKEN": TOKEN,
            "DISCADOR_BIND": f"127.0.0.1:{self.port}",
            "DISCADOR_AMI_PORT": str(simulator.port),
            "DISCADOR_AMI_USERNAME": simulator.username,
            "DISCADOR_AMI_SECRET": simulator.secret,
            "DISCADOR_CDR_CSV": str(records),
        }
        self.channel = grpc_client.channel(f"127.0.0.1:{self.port}", TOKEN)
        self.stub: Any = gateway_pb2_grpc.GatewayServiceStub(self.channel)

    async def __aenter__(self) -> Process:
        with self.log.open("ab") as output:
            self.child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "discador.ami_gateway", env=self._environment, stdout=output, stderr=output
            )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.channel.close()
        if self.child.returncode is None:
            self.child.kill()
        await self.child.wait()

    async def status(self) -> wire.GatewayStatus | None:
        try:
            return await self.stub.GetStatus(wire.GetStatusRequest(), wait_for_ready=True)  # type: ignore[no-any-return]
        except grpc.RpcError:
            return None

    async def up(self) -> Process:
        async with asyncio.timeout(30):
            while (status := await self.status()) is None or status.ami_state != AMI_STATE_UP:
                assert self.child.returncode is None, self.log.read_text()
                await asyncio.sleep(0.05)
        return self

    async def originate(self, *originations: wire.Origination) -> list[int]:
        answer = await self.stub.Originate(wire.OriginateRequest(originations=originations), timeout=10)
        return [one.verdict for one in answer.results]

    async def on_standby(self) -> bool:
        status = await self.status()
        return status is not None and "standby" in status.ami_detail

    async def takes_calls(self) -> bool:
        return await self.originate(origination("03")) == [wire.ORIGINATE_VERDICT_ACCEPTED]

    async def buffered(self) -> int:
        status = await self.status()
        assert status is not None
        return status.events_buffered


@pytest.fixture
async def process(simulator: Simulator, redis: Redis, records: Path, tmp_path: Path) -> AsyncIterator[Process]:
    async with Process(simulator, redis, records, tmp_path / "gateway.log") as running:
        yield await running.up()


async def events(client: redis_client.Redis) -> list[wire.CallEvent]:
    entries: Any = await client.xrange(STREAM)
    return [event for _, fields in entries for event in wire.CallEventBatch.FromString(fields[b"batch"]).events]


async def ended(client: redis_client.Redis, count: int, within_s: float = 20.0) -> list[wire.CallEvent]:
    """All events, once so many calls have ended."""
    async with asyncio.timeout(within_s):
        while True:
            found = await events(client)
            if len({event.attempt_id for event in found if name(event) == "HUNG_UP"}) >= count:
                return found
            await asyncio.sleep(0.05)


async def test_no_event_is_lost_and_order_is_kept_while_redis_dies_and_comes_back(
    process: Process, simulator: Simulator, redis: Redis, client: redis_client.Redis
) -> None:
    before = [origination("77") for _ in range(20)]
    await process.originate(*before)
    await ended(client, 20)
    redis.kill()
    away = [origination("77") for _ in range(40)]
    assert set(await process.originate(*away)) == {wire.ORIGINATE_VERDICT_ACCEPTED}
    await until(lambda: not simulator.asterisk.calls, 20.0, "all calls are over")
    assert await process.buffered() >= 4 * 40
    redis.restart()  # empty: it keeps nothing
    found = await ended(client, 40)
    stories: dict[str, list[str]] = {}
    for event in {event.seq: event for event in found}.values():
        stories.setdefault(event.attempt_id, []).append(name(event))
    for one in away:
        assert stories[one.attempt_id] == ["SUBMITTED", "RINGING", "ANSWERED", "HUNG_UP"]
    numbers = [event.seq for event in found]
    assert numbers == sorted(numbers)
    assert await process.buffered() == 0


async def test_a_second_gateway_takes_the_node_and_the_first_goes_on_standby(
    process: Process, simulator: Simulator, redis: Redis, records: Path, tmp_path: Path, client: redis_client.Redis
) -> None:
    async with Process(simulator, redis, records, tmp_path / "second.log") as second:
        await second.up()
        await eventually(process.on_standby)
        refused = origination("03")
        assert await process.originate(refused) == [wire.ORIGINATE_VERDICT_REFUSED]
        taken = origination("03")
        assert await second.originate(taken) == [wire.ORIGINATE_VERDICT_ACCEPTED]
        found = await ended(client, 1)
        told = [name(event) for event in found if event.attempt_id == taken.attempt_id]
        assert told == ["SUBMITTED", "HUNG_UP"]  # by one gateway, not by both
        assert refused.attempt_id not in {event.attempt_id for event in found}
        second.child.send_signal(signal.SIGTERM)
        assert await second.child.wait() == 0
    await eventually(process.takes_calls)
    assert simulator.asterisk.invites[refused.attempt_id] == 0


async def test_a_stop_publishes_everything_and_hangs_nobody_up(
    process: Process, simulator: Simulator, client: redis_client.Redis
) -> None:
    talking = origination("00", digits={"1": "repeat"})
    await process.originate(talking)
    await until(lambda: simulator.asterisk.answers[talking.attempt_id])
    process.child.send_signal(signal.SIGTERM)
    assert await process.child.wait() == 0
    told = [name(event) for event in await events(client) if event.attempt_id == talking.attempt_id]
    assert told == ["SUBMITTED", "RINGING", "ANSWERED"]
    assert talking.attempt_id in simulator.asterisk.calls
    assert await client.get("discador:lease:gateway:node-a") is None
    assert not await client.keys("discador:presence:ami-gateway:*")
    log = process.log.read_text()
    assert simulator.secret not in log
    assert TOKEN not in log
    assert "551198765" not in log


async def test_a_gateway_killed_in_the_middle_of_calls_leaves_none_of_them_dialled_twice(
    process: Process, simulator: Simulator, redis: Redis, records: Path, tmp_path: Path, client: redis_client.Redis
) -> None:
    batch = [origination("77") for _ in range(30)]
    asked = asyncio.ensure_future(process.originate(*batch))
    await until(lambda: simulator.asterisk.invites.total() > 5)
    process.child.kill()
    with suppress(grpc.RpcError):  # it may just have answered
        await asked
    async with Process(simulator, redis, records, tmp_path / "next.log") as following:
        await following.up()
        await until(lambda: not simulator.asterisk.calls, 10.0)
        ids = [one.attempt_id for one in batch]
        fates: dict[str, int] = {}
        async with asyncio.timeout(20):
            while wire.FATE_UNDETERMINED in fates.values() or not fates:
                answer = await following.stub.Lookup(wire.LookupRequest(attempt_ids=ids))
                fates = {one.attempt_id: one.fate for one in answer.fates}
                await asyncio.sleep(0.1)
    for attempt in ids:
        invites = simulator.asterisk.invites[attempt]
        assert invites <= 1
        assert fates[attempt] == (wire.FATE_ENDED if invites else wire.FATE_NO_TRACE)


async def test_the_gateway_shows_itself(process: Process, client: redis_client.Redis) -> None:
    (key,) = await client.keys("discador:presence:ami-gateway:*")
    beat: Any = await client.get(key)
    assert {"ami_state", "boot_id", "live_calls", "events_buffered"} <= set(json.loads(beat)["stats"])
    snapshot = await process.stub.Snapshot(wire.SnapshotRequest())
    assert (list(snapshot.calls), bool(snapshot.boot_id)) == ([], True)


async def test_a_call_without_the_token_and_a_batch_too_large_are_refused(process: Process) -> None:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{process.port}") as channel:
        stub: Any = gateway_pb2_grpc.GatewayServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.GetStatus(wire.GetStatusRequest())
        assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
    with pytest.raises(grpc.aio.AioRpcError) as too_many:
        await process.originate(*(origination() for _ in range(101)))
    assert too_many.value.code() is grpc.StatusCode.INVALID_ARGUMENT
