"""A gateway for tests: records what it is asked to dial, and tells of calls as the real one does."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import grpc

from discador.runtime.grpc_server import GrpcServer
from discador.runtime.redis_client import Redis
from discador.v1 import gateway_pb2 as wire
from discador.v1 import gateway_pb2_grpc

SUBMITTED, RINGING = wire.CALL_EVENT_KIND_SUBMITTED, wire.CALL_EVENT_KIND_RINGING
ANSWERED, HUNG_UP = wire.CALL_EVENT_KIND_ANSWERED, wire.CALL_EVENT_KIND_HUNG_UP


class Gateway(gateway_pb2_grpc.GatewayServiceServicer):
    """`dialled` counts Originates by attempt, the witness of at-most-once; `arrivals` are their monotonic times."""

    def __init__(self, redis: Redis, node: str, token: str) -> None:
        self.node = node
        self.dialled: Counter[str] = Counter()
        self.arrivals: list[float] = []
        self.live: dict[str, bool] = {}
        self.fates: dict[str, wire.AttemptFate] = {}
        self.hung_up: list[str] = []
        self.answer: Callable[[wire.Origination], wire.OriginateVerdict] = lambda _: wire.ORIGINATE_VERDICT_ACCEPTED
        self.call: Callable[[str], Sequence[wire.CallEvent]] = lambda _: ()
        self.hold = asyncio.Event()
        self.hold.set()
        self.fail_after_dialling: grpc.StatusCode | None = None
        self.lookups = 0
        self._redis = redis
        self._token = token
        self._seq = time.time_ns() // 1000
        self._server: GrpcServer | None = None
        self.port = 0

    async def start(self) -> None:
        service = gateway_pb2_grpc.add_GatewayServiceServicer_to_server, self
        self._server = GrpcServer(f"127.0.0.1:{self.port}", self._token, (service,), grace_s=0)
        self.port = await self._server.start()

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.stop(0)
            self._server = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def event(self, kind: wire.CallEventKind, attempt_id: str = "", **fields: Any) -> wire.CallEvent:
        self._seq += 1
        event = wire.CallEvent(seq=self._seq, kind=kind, attempt_id=attempt_id, **fields)
        event.at.GetCurrentTime()
        return event

    async def publish(self, events: Sequence[wire.CallEvent]) -> None:
        batch = wire.CallEventBatch(node=self.node, gateway_id="test", events=events)
        await self._redis.xadd(f"discador:events:{self.node}", {b"batch": batch.SerializeToString()})

    def busy(self, attempt_id: str) -> list[wire.CallEvent]:
        """A call that is taken, rings and is busy."""
        return [
            self.event(SUBMITTED, attempt_id),
            self.event(RINGING, attempt_id),
            self.event(HUNG_UP, attempt_id, hangup_cause=17, tech_cause="486"),
        ]

    def answered(self, attempt_id: str) -> list[wire.CallEvent]:
        """A call that is answered and hears the message."""
        return [
            self.event(SUBMITTED, attempt_id),
            self.event(RINGING, attempt_id),
            self.event(ANSWERED, attempt_id),
            self.event(HUNG_UP, attempt_id, hangup_cause=16, answered=True),
        ]

    async def Originate(self, request: wire.OriginateRequest, context: Any) -> wire.OriginateResponse:
        arrived = time.monotonic()
        results, events = [], []
        for order in request.originations:
            verdict = self.answer(order)
            if verdict != wire.ORIGINATE_VERDICT_REFUSED:
                self.dialled[order.attempt_id] += 1
                self.arrivals.append(arrived)
                events += self.call(order.attempt_id)
            results.append(wire.OriginateResult(attempt_id=order.attempt_id, verdict=verdict, reason="as told"))
        if events:
            await self.publish(events)
        await self.hold.wait()
        if self.fail_after_dialling is not None:
            await context.abort(self.fail_after_dialling, "the link fell")
        return wire.OriginateResponse(results=results)

    async def Lookup(self, request: wire.LookupRequest, context: Any) -> wire.LookupResponse:
        self.lookups += 1
        return wire.LookupResponse(fates=[self._fate(id_) for id_ in request.attempt_ids])

    async def Snapshot(self, request: wire.SnapshotRequest, context: Any) -> wire.SnapshotResponse:
        calls = [wire.LiveCall(attempt_id=id_, answered=answered) for id_, answered in self.live.items()]
        return wire.SnapshotResponse(calls=calls, boot_id="boot")

    async def Hangup(self, request: wire.HangupRequest, context: Any) -> wire.HangupResponse:
        found = [id_ for id_ in request.attempt_ids if self.live.pop(id_, None) is not None]
        self.hung_up += found
        return wire.HangupResponse(attempt_ids=found)

    def _fate(self, attempt_id: str) -> wire.AttemptFate:
        told = self.fates.get(attempt_id)
        if told is None and attempt_id in self.live:
            told = wire.AttemptFate(fate=wire.FATE_LIVE, answered=self.live[attempt_id])
        fate = wire.AttemptFate(fate=wire.FATE_NO_TRACE) if told is None else told
        fate.attempt_id = attempt_id
        return fate
