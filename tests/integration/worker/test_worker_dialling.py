from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace

import grpc

from discador.core.attempt import Outcome, State
from discador.core.campaign import Command
from discador.core.lead import LeadState
from discador.runtime.commands import send_restart
from discador.runtime.presence import list_services
from discador.v1 import gateway_pb2 as wire
from discador.worker.pace import LATENESS_S
from discador.worker.standstill import HOLD_S, STALL_S
from tests.integration.worker.bench import SETTINGS, Bench, until


async def test_a_call_goes_from_its_job_through_the_gateway_to_its_outcome(bench: Bench) -> None:
    bench.gateway.call = bench.gateway.answered
    async with bench.worker():
        ids = await bench.dial(3)
        await bench.until_all(ids, State.ENDED)
    assert {bench.attempt(id_).outcome for id_ in ids} == {Outcome.CONNECTED}
    assert set(bench.gateway.dialled.values()) == {1}
    backlog = await bench.jobs.backlog()
    assert backlog.total == 0, "every job is acknowledged"
    assert await bench.redis.xlen("discador:events:n1") == 0, "every event is acknowledged and deleted"


async def test_a_job_delivered_many_times_to_two_workers_is_dialled_once(bench: Bench) -> None:
    ids = bench.reserve(30)
    for _ in range(4):
        await bench.publish(ids)
    async with bench.worker(), bench.worker():
        await until(lambda: len(bench.gateway.dialled) == len(ids))
        await bench.publish(ids)
        await until(lambda: _drained(bench))
    assert bench.gateway.dialled == Counter({str(id_): 1 for id_ in ids})
    assert bench.states(ids) == {State.SUBMITTING}, "an accepted call waits for its events"


async def test_a_failed_rpc_leaves_a_doubt_and_is_never_repeated(bench: Bench) -> None:
    bench.gateway.fail_after_dialling = grpc.StatusCode.UNAVAILABLE
    async with bench.worker():
        ids = await bench.dial(2)
        await bench.until_all(ids, State.IN_DOUBT)
        bench.gateway.fail_after_dialling = None
        await bench.publish(ids)
        await until(lambda: _drained(bench))
    assert bench.gateway.dialled == Counter({str(id_): 1 for id_ in ids})


async def test_what_asterisk_refused_goes_back_to_its_list_uncounted(bench: Bench) -> None:
    bench.gateway.answer = lambda _: wire.ORIGINATE_VERDICT_REFUSED
    async with bench.worker():
        [id_] = await bench.dial(1)
        await bench.until_all([id_], State.ENDED)
    attempt = bench.attempt(id_)
    assert (attempt.outcome, bench.store.leads.get(attempt.lead_id).attempts) == (Outcome.REFUSED, 0)


async def test_a_verdict_that_nobody_knows_is_a_doubt(bench: Bench) -> None:
    bench.gateway.answer = lambda _: wire.ORIGINATE_VERDICT_UNKNOWN
    async with bench.worker():
        await bench.until_all(await bench.dial(2), State.IN_DOUBT)


async def test_a_campaign_paused_between_reservation_and_gate_is_not_dialled(bench: Bench) -> None:
    ids = bench.reserve(10)
    bench.store.campaigns.command(bench.campaign_id, Command.PAUSE)
    await bench.publish(ids)
    async with bench.worker():
        await until(lambda: _drained(bench))
    assert not bench.gateway.dialled
    assert bench.states(ids) == {State.QUEUED}


async def test_a_number_that_entered_the_do_not_call_list_after_its_reservation_is_not_dialled(bench: Bench) -> None:
    [id_] = bench.reserve(1)
    bench.store.dnc.add(bench.attempt(id_).number, "asked", "test")
    await bench.publish([id_])
    async with bench.worker():
        await bench.until_all([id_], State.ENDED)
    assert bench.attempt(id_).outcome is Outcome.BLOCKED
    assert bench.store.leads.get(bench.attempt(id_).lead_id).state is LeadState.BLOCKED
    assert not bench.gateway.dialled


async def test_the_trunks_calls_per_second_hold_over_all_workers_at_the_moment_of_arrival(bench: Bench) -> None:
    rate = 40.0
    bench.store.trunks.update(bench.trunk.id, max_calls_per_second=rate)
    ids = bench.reserve(100)
    async with bench.workers(3):
        await bench.publish(ids)
        await until(lambda: _sent_all(bench, len(ids)), within=40)
    arrivals = sorted(bench.gateway.arrivals)
    most = max(sum(start <= at < start + 1 for at in arrivals) for start in arrivals)
    assert most <= rate * (1 + LATENESS_S) + 4, "four more for the way between sending and arriving, on a busy machine"


async def test_what_piles_up_before_a_gateway_that_stands_still_is_less_than_a_second_of_the_pace(bench: Bench) -> None:
    rate = 40.0
    bench.store.trunks.update(bench.trunk.id, max_calls_per_second=rate)
    ids = bench.reserve(80)
    bench.gateway.hold.clear()
    async with bench.worker():
        await bench.publish(ids)
        await until(lambda: bench.gateway.dialled)
        await asyncio.sleep(2.0)
        piled_up = len(bench.gateway.dialled)
        assert piled_up <= rate * STALL_S * 1.5
        bench.gateway.hold.set()
        await asyncio.sleep(HOLD_S * 0.8)
        assert len(bench.gateway.dialled) == piled_up, "they are carried out together: nothing is sent beside them"
        await until(lambda: len(bench.gateway.dialled) > piled_up)


async def test_without_redis_nothing_is_dialled_and_with_it_dialling_resumes(bench: Bench) -> None:
    bench.store.trunks.update(bench.trunk.id, max_calls_per_second=2)
    ids = bench.reserve(6)
    async with bench.worker():
        await bench.publish(ids)
        await until(lambda: bench.gateway.dialled)
        bench.server.freeze()
        await asyncio.sleep(0.3)  # what had its token before is sent
        before = len(bench.gateway.dialled)
        await asyncio.sleep(1.5)
        assert len(bench.gateway.dialled) == before
        bench.server.thaw()
        await until(lambda: len(bench.gateway.dialled) == len(ids), within=20)
    assert set(bench.gateway.dialled.values()) == {1}


async def test_while_the_gateway_is_away_nothing_passes_the_gate(bench: Bench) -> None:
    await bench.gateway.stop()
    ids = await bench.dial(5)
    async with bench.worker():
        await until(lambda: _drained(bench))
        assert bench.states(ids) == {State.QUEUED}
        await bench.gateway.start()
        await bench.publish(ids)
        await bench.until_all(ids, State.SUBMITTING)
    assert set(bench.gateway.dialled.values()) == {1}


async def test_a_quiet_worker_finishes_what_it_sent_and_leaves_the_rest_to_the_others(bench: Bench) -> None:
    bench.gateway.hold.clear()
    bench.store.trunks.update(bench.trunk.id, max_calls_per_second=1)
    async with bench.worker() as worker:
        ids = await bench.dial(4)
        await until(lambda: bench.gateway.dialled)
        worker.stop("test")
        await until(lambda: worker.state.value != "ready")
        bench.gateway.hold.set()
    sent = [id_ for id_ in ids if bench.gateway.dialled[str(id_)]]
    waiting = [id_ for id_ in ids if not bench.gateway.dialled[str(id_)]]
    assert waiting, "the trunk is slow, so some waited"
    assert bench.states(sent) == {State.SUBMITTING}
    assert bench.states(waiting) == {State.QUEUED}, "nothing passed the gate without being sent"
    assert (await bench.jobs.backlog()).total == len(waiting)
    assert await bench.redis.keys("discador:lease:events:*") == []


async def test_a_commanded_restart_ends_the_worker_in_order(bench: Bench) -> None:
    async with bench.worker() as worker:
        await until(lambda: _presence(bench))
        await send_restart(bench.redis, [(await list_services(bench.redis))[0].instance.instance])
        await until(lambda: worker.state.value == "stopped")
    assert await list_services(bench.redis) == []


async def test_the_presence_tells_what_the_worker_does(bench: Bench) -> None:
    bench.gateway.call = bench.gateway.busy
    async with bench.worker():
        ids = await bench.dial(3)
        await bench.until_all(ids, State.ENDED)
        await until(lambda: _figure(bench, "gated", 3))
        [presence] = await list_services(bench.redis)
    assert presence.state == "ready"
    assert presence.stats["nodes"] == ["n1"]
    assert (presence.stats["in_flight"], presence.stats["events_applied"]) == (0, 9)


async def test_a_wipe_of_redis_in_the_middle_loses_no_lead_and_dials_none_twice(bench: Bench) -> None:
    bench.gateway.call = bench.gateway.busy
    bench.store.trunks.update(bench.trunk.id, max_calls_per_second=20)
    async with bench.worker(not_after="4s"), bench.maintenance(rescue_grace="500ms"):
        ids = await bench.dial(24)
        await until(lambda: len(bench.gateway.dialled) > 8)
        for id_ in ids:
            bench.gateway.fates[str(id_)] = wire.AttemptFate(fate=wire.FATE_ENDED, hangup_cause=17)
        bench.server.wipe()
        # The master's sweep.
        await until(lambda: _republish(bench), within=15)
        await bench.until_all(ids, State.ENDED, within=30)
    assert set(bench.gateway.dialled.values()) == {1}
    assert {bench.attempt(id_).outcome for id_ in ids} == {Outcome.BUSY}


async def test_settings_changed_after_the_reservation_count_at_the_gate(bench: Bench) -> None:
    [first] = await bench.dial(1)
    caps = replace(SETTINGS.caps, per_number_per_day=1)
    bench.with_settings(caps=caps)
    async with bench.worker():
        await until(lambda: bench.gateway.dialled)
        bench.gateway.call = bench.gateway.busy
        await bench.gateway.publish(bench.gateway.busy(str(first)))
        await bench.until_all([first], State.ENDED)
    usage_day = bench.attempt(first).usage_day
    assert usage_day is not None


async def _sent_all(bench: Bench, count: int) -> bool:
    if len(bench.gateway.arrivals) < count:
        await _republish(bench)
    return len(bench.gateway.arrivals) == count


async def _drained(bench: Bench) -> bool:
    return (await bench.jobs.backlog()).total == 0


async def _presence(bench: Bench) -> bool:
    return bool(await list_services(bench.redis))


async def _figure(bench: Bench, name: str, value: object) -> bool:
    return any(one.stats.get(name) == value for one in await list_services(bench.redis))


async def _republish(bench: Bench) -> bool:
    queued = bench.store.attempts.unpublished(0.0, 500)
    if queued and await _drained(bench):
        await bench.publish(queued)
    await asyncio.sleep(0.3)
    return not queued
