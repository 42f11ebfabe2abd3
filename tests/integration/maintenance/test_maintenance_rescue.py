from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from discador.core.attempt import Outcome, State
from discador.core.attempt.events import Accepted, DoubtRaised, HungUp, Ringing
from discador.runtime.grpc_client import channel
from discador.runtime.presence import list_services
from discador.store.records import Happening
from discador.v1 import gateway_pb2 as wire
from discador.v1 import maintenance_pb2, maintenance_pb2_grpc
from tests.integration.worker.bench import Bench, environ, until
from tests.rig.process import Process

QUICK = {"rescue_grace": "500ms"}


def gated(bench: Bench, count: int, not_after_s: float = 0.5) -> list[UUID]:
    ids = bench.reserve(count)
    bench.gate_by_hand(ids, not_after_s)
    return ids


def happen(bench: Bench, id_: UUID, *events: Any) -> None:
    now = datetime.now(UTC)
    results = bench.store.progress.apply([Happening(id_, event, now, None, "test") for event in events])
    assert all(result.illegal is None for result in results)


def tell(bench: Bench, id_: UUID, fate: wire.Fate, **fields: Any) -> None:
    bench.gateway.fates[str(id_)] = wire.AttemptFate(fate=fate, **fields)


@asynccontextmanager
async def rpc(bench: Bench) -> AsyncIterator[Any]:
    await until(lambda: _address(bench))
    async with channel(await _address(bench), bench.token) as opened:
        yield maintenance_pb2_grpc.MaintenanceServiceStub(opened)


async def test_each_fate_settles_its_attempt_and_is_counted(bench: Bench) -> None:
    ended, refused, lost, alive = gated(bench, 4)
    for id_ in (ended, refused, lost, alive):
        happen(bench, id_, DoubtRaised("the worker died"))
    tell(bench, ended, wire.FATE_ENDED, hangup_cause=16, answered=True, source="cdr")
    tell(bench, refused, wire.FATE_NOT_DIALLED)
    tell(bench, lost, wire.FATE_NO_TRACE)
    bench.gateway.live[str(alive)] = True
    async with bench.maintenance(**QUICK), rpc(bench) as stub:
        await bench.until_all([ended, refused, lost], State.ENDED)
        await bench.until_all([alive], State.ANSWERED)
        await until(lambda: _run(stub))
        rescue = await stub.GetRescue(maintenance_pb2.GetRescueRequest())
    outcomes = [bench.attempt(id_).outcome for id_ in (ended, refused, lost)]
    assert outcomes == [Outcome.CONNECTED, Outcome.REFUSED, Outcome.UNKNOWN]
    assert dict(rescue.settled) == {"ended": 1, "not_dialled": 1, "lost": 1, "adopted": 1}
    assert (rescue.in_doubt, rescue.last_error) == (0, "")
    leads = [bench.store.leads.get(bench.attempt(id_).lead_id) for id_ in (refused, lost)]
    assert [lead.attempts for lead in leads] == [0, 1], "what was never dialled does not count; what was lost does"


async def test_an_attempt_whose_worker_died_right_after_the_gate_is_settled_within_the_promise(bench: Bench) -> None:
    ids = gated(bench, 20, not_after_s=1.0)
    for id_ in ids:
        tell(bench, id_, wire.FATE_NO_TRACE)
    began = time.monotonic()
    async with bench.maintenance(**QUICK):
        await bench.until_all(ids, State.ENDED, within=60)
    assert time.monotonic() - began < 30
    assert {bench.attempt(id_).outcome for id_ in ids} == {Outcome.UNKNOWN}


async def test_no_attempt_is_lost_before_its_originate_has_become_impossible(bench: Bench) -> None:
    [id_] = gated(bench, 1, not_after_s=3.0)
    happen(bench, id_, DoubtRaised("rpc failed"))
    tell(bench, id_, wire.FATE_NO_TRACE)
    async with bench.maintenance(**QUICK):
        await bench.until_all([id_], State.ENDED)
    attempt = bench.attempt(id_)
    assert attempt.ended_at is not None
    assert attempt.not_after is not None
    assert attempt.ended_at > attempt.not_after


async def test_while_a_gateway_is_away_its_attempts_stay_in_doubt_and_the_rescuer_says_so(bench: Bench) -> None:
    [id_] = gated(bench, 1, not_after_s=0.1)
    happen(bench, id_, Accepted())
    happen(bench, id_, DoubtRaised("node down"))
    await bench.gateway.stop()
    async with bench.maintenance(**QUICK), rpc(bench) as stub:
        await until(lambda: _says(stub, "n1"))
        assert bench.attempt(id_).state is State.IN_DOUBT
        tell(bench, id_, wire.FATE_ENDED, hangup_cause=17)
        await bench.gateway.start()
        await bench.until_all([id_], State.ENDED)
        await until(lambda: _says(stub, ""))
    assert bench.attempt(id_).outcome is Outcome.BUSY


async def test_a_node_that_stays_away_is_given_up_in_the_end(bench: Bench) -> None:
    doubtful, submitting = gated(bench, 2, not_after_s=0.1)
    happen(bench, doubtful, DoubtRaised("node down"))
    await bench.gateway.stop()
    async with bench.maintenance(**QUICK, rescue_give_up="2s"):
        await bench.until_all([doubtful, submitting], State.ENDED)
    assert {bench.attempt(id_).outcome for id_ in (doubtful, submitting)} == {Outcome.UNKNOWN}


async def test_an_asterisk_that_cannot_be_asked_leaves_the_doubt(bench: Bench) -> None:
    [id_] = gated(bench, 1, not_after_s=0.1)
    happen(bench, id_, DoubtRaised("node down"))
    tell(bench, id_, wire.FATE_UNDETERMINED)
    async with bench.maintenance(**QUICK):
        await until(lambda: bench.gateway.lookups >= 2)
    assert bench.attempt(id_).state is State.IN_DOUBT


async def test_a_channel_whose_attempt_has_ended_or_is_unknown_is_hung_up_and_a_live_one_is_left(bench: Bench) -> None:
    over, talking = gated(bench, 2, not_after_s=60)
    happen(bench, over, Accepted(), HungUp(16, False))
    happen(bench, talking, Accepted(), Ringing())
    unknown = "01890000-0000-7000-8000-000000000000"
    bench.gateway.live = {str(over): True, str(talking): False, unknown: True}
    async with bench.maintenance(**QUICK), rpc(bench) as stub:
        await until(lambda: len(bench.gateway.hung_up) == 2)
        rescue = await stub.GetRescue(maintenance_pb2.GetRescueRequest())
    assert set(bench.gateway.hung_up) == {str(over), unknown}
    assert set(bench.gateway.live) == {str(talking)}
    assert rescue.orphans_hung_up == 2


async def test_of_two_instances_one_works_and_the_other_takes_over(bench: Bench) -> None:
    async with bench.maintenance(**QUICK) as first:
        await until(lambda: _active(bench, 1))
        async with bench.maintenance(**QUICK):
            await until(lambda: _present(bench, 2))
            assert await _active(bench, 1)
            first.stop("test")
            [id_] = gated(bench, 1, not_after_s=0.1)
            happen(bench, id_, DoubtRaised("x"))
            tell(bench, id_, wire.FATE_ENDED, hangup_cause=17)
            await bench.until_all([id_], State.ENDED)


async def test_workers_killed_at_any_step_dial_nobody_twice_and_lose_nobody(bench: Bench) -> None:
    bench.gateway.call = bench.gateway.busy
    ids: list[UUID] = []
    for point in ("worker.before_gate", "worker.gated", "worker.originate_sent", "worker.before_ack"):
        ids += await bench.dial(3)
        dying = bench.worker_process({**environ(), "DISCADOR_KILL_AT": point}, not_after="3s")
        await until(lambda dying=dying: _is_dead(bench, dying), within=30)
    async with bench.worker(not_after="3s"), bench.maintenance(**QUICK):
        # The master's sweep.
        await bench.publish(bench.store.attempts.unpublished(0.0, 100))
        await bench.until_all(ids, State.ENDED, within=30)
    assert max(bench.gateway.dialled.values()) == 1
    for id_ in ids:
        dialled = bool(bench.gateway.dialled[str(id_)])
        assert bench.attempt(id_).outcome is (Outcome.BUSY if dialled else Outcome.UNKNOWN), "the witness agrees"


async def _is_dead(bench: Bench, dying: Process) -> bool:
    if dying.running:
        # The master's sweep: the read of a worker that has just died may still have taken the jobs.
        await bench.publish(bench.store.attempts.unpublished(3.0, 100))
        await asyncio.sleep(0.5)
    return not dying.running


async def _address(bench: Bench) -> str:
    present = [one for one in await list_services(bench.redis) if one.instance.service == "maintenance"]
    return present[0].instance.address if present else ""


async def _present(bench: Bench, count: int) -> bool:
    return len(await list_services(bench.redis)) == count


async def _active(bench: Bench, count: int) -> bool:
    return [one.stats["active"] for one in await list_services(bench.redis)].count(True) == count


async def _run(stub: Any) -> bool:
    rescue = await stub.RunRescue(maintenance_pb2.RunRescueRequest(request_id="r1"))
    return sum(rescue.settled.values()) == 4


async def _says(stub: Any, text: str) -> bool:
    error: str = (await stub.GetRescue(maintenance_pb2.GetRescueRequest())).last_error
    return text in error if text else not error
