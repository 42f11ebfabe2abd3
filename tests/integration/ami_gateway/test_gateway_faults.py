"""Each fault of shared/asterisk.md's list, and the deaths of Asterisk, against the simulator's fault door."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from discador.ami_gateway.connection import PING_DEADLINE_S, PING_EVERY_S
from discador.runtime.errors import Exhausted
from discador.simulator import Asterisk, Simulator
from discador.v1 import gateway_pb2 as wire
from discador.v1.node_pb2 import (
    AMI_STATE_BOOTING,
    AMI_STATE_DOWN,
    AMI_STATE_LOGIN_REFUSED,
    AMI_STATE_UP,
)
from tests.integration.ami_gateway.gateway_kit import Running, new_attempt, origination, until

ACCEPTED = wire.ORIGINATE_VERDICT_ACCEPTED
REFUSED = wire.ORIGINATE_VERDICT_REFUSED
UNKNOWN = wire.ORIGINATE_VERDICT_UNKNOWN
Ami = tuple[str, int, str, str]


# 1. It dials twice


async def test_an_originate_that_asterisk_took_before_the_link_fell_is_never_sent_again(
    gateway: Running, simulator: Simulator
) -> None:
    simulator.cut_after_originates = 1
    made = origination("00")
    assert await gateway.originate(made) == [UNKNOWN]
    await gateway.up()
    assert await gateway.originate(made) == [ACCEPTED]  # from memory: it was found alive
    assert simulator.asterisk.invites == {made.attempt_id: 1}
    assert (await gateway.fate(made.attempt_id)).fate == wire.FATE_LIVE


async def test_a_batch_cut_in_its_middle_is_told_apart_by_what_asterisk_did(
    gateway: Running, simulator: Simulator
) -> None:
    simulator.cut_after_originates = 5
    batch = [origination("01", wait_s=1.0) for _ in range(20)]
    verdicts = await gateway.originate(*batch)
    assert UNKNOWN in verdicts
    assert REFUSED not in verdicts
    await gateway.up()
    # A call of another attempt, so that the call records are known to be kept.
    later = await gateway.dial("03")
    await gateway.ended(later)
    fates = [(await gateway.settled(one.attempt_id)).fate for one in batch]
    placed = [simulator.asterisk.invites[one.attempt_id] for one in batch]
    assert max(placed) == 1
    assert sum(placed) == 5
    for fate, invites in zip(fates, placed, strict=True):
        assert fate in ((wire.FATE_LIVE, wire.FATE_ENDED) if invites else (wire.FATE_NOT_DIALLED, wire.FATE_NO_TRACE))


async def test_the_same_id_is_sent_once_however_often_it_is_asked_for(gateway: Running, simulator: Simulator) -> None:
    made = origination("01")
    verdicts = await asyncio.gather(*(gateway.originate(made, made) for _ in range(5)))
    assert simulator.actions["originate"] == 2  # one of them the probe of the fence
    assert all(ACCEPTED in one or UNKNOWN in one for one in verdicts)
    await gateway.ended(made.attempt_id)
    assert simulator.asterisk.invites[made.attempt_id] == 1


# 3. Injection


@pytest.mark.parametrize("field", ["channel", "message"])
async def test_injection_is_refused_and_nothing_is_written(gateway: Running, simulator: Simulator, field: str) -> None:
    before = simulator.actions.copy()
    bad = {"channel": "PJSIP/1@trunk\r\nAction: Hangup\r\n", "message": "x\r\nAction: Hangup"}[field]
    made = origination("00", **{field: bad})
    assert await gateway.originate(made) == [REFUSED]
    assert simulator.actions["originate"] == before["originate"]
    assert simulator.actions["hangup"] == 0
    assert (await gateway.fate(made.attempt_id)).fate == wire.FATE_NOT_DIALLED


async def test_an_id_that_is_no_attempt_id_is_refused(gateway: Running, simulator: Simulator) -> None:
    assert await gateway.originate(origination(attempt_id="x\r\nAction: Logoff")) == [REFUSED]
    assert not simulator.asterisk.invites


# 4. Segments, and 6. order


@pytest.mark.parametrize("size", [1, 7, 64])
async def test_events_split_over_segments_are_whole_and_in_order(ami: Ami, simulator: Simulator, size: int) -> None:
    simulator.segment_bytes = size
    async with Running(ami) as gateway:
        await gateway.up(30.0)
        attempts = [await gateway.dial(code, wait_s=20.0) for code in ("03", "01")]
        assert (await gateway.ended(attempts[0], 30.0)).hangup_cause == 17
        assert (await gateway.ended(attempts[1], 30.0)).answered
        assert gateway.said(attempts[1]) == ["SUBMITTED", "RINGING", "ANSWERED", "HUNG_UP"]


async def test_many_events_in_one_segment_keep_their_order(gateway: Running, simulator: Simulator) -> None:
    attempt = await gateway.dial("77")
    simulator.hold()
    await until(lambda: attempt not in simulator.asterisk.calls, what="the call is over")
    simulator.release()
    await gateway.ended(attempt)
    assert gateway.said(attempt) == ["SUBMITTED", "RINGING", "ANSWERED", "HUNG_UP"]


async def test_events_without_a_filter_are_filtered_and_their_letters_survive(records: Path) -> None:
    asterisk = Asterisk(call_records=records)
    asterisk.noisy = True
    async with Simulator(asterisk, username="u", secret="s", filters=()) as simulator:
        simulator.segment_bytes = 3
        async with Running(("127.0.0.1", simulator.port, "u", "s"), records=records) as gateway:
            await gateway.up(30.0)
            assert (await gateway.ended(await gateway.dial("03", wait_s=20.0), 30.0)).hangup_cause == 17
            (session,) = simulator.sessions
            assert len(session._filters) == 1


# 5. A half-open link


async def test_a_half_open_link_is_seen_within_ten_seconds_with_the_shipped_times(
    ami: Ami, simulator: Simulator
) -> None:
    async with Running(ami) as gateway:
        await gateway.up()
        simulator.half_open()
        began = time.monotonic()
        await until(lambda: gateway.gateway.connection.link is None, 10.0, "nothing new is sent")
        assert await gateway.originate(origination()) == [REFUSED]
        await until(lambda: gateway.state == AMI_STATE_DOWN, 10.0, "down")
        assert time.monotonic() - began <= PING_EVERY_S + PING_DEADLINE_S + 1.0 <= 10.0
        assert "ping" in gateway.gateway.status().ami_detail
        await gateway.up()
    assert not simulator.asterisk.invites


async def test_a_frozen_asterisk_carries_out_late_what_the_fence_then_refuses(
    gateway: Running, simulator: Simulator
) -> None:
    simulator.freeze()
    made = origination("00", wait_s=1.2)
    asked = asyncio.create_task(gateway.originate(made))
    assert await asked == [UNKNOWN]
    await until(lambda: gateway.state == AMI_STATE_DOWN)
    assert (await gateway.fate(made.attempt_id)).fate == wire.FATE_UNDETERMINED
    await asyncio.sleep(0.5)  # its time is over by Asterisk's clock, which counts whole seconds
    simulator.thaw()
    await gateway.up()
    fate = await gateway.settled(made.attempt_id)
    assert fate.fate in (wire.FATE_NOT_DIALLED, wire.FATE_NO_TRACE)
    assert not simulator.asterisk.invites


async def test_asterisks_clock_is_what_the_fence_is_set_by(ami: Ami, simulator: Simulator) -> None:
    simulator.asterisk.clock_offset_s = -3_600.0
    async with Running(ami) as gateway:
        await gateway.up()
        assert gateway.gateway.status().clock_offset_us == pytest.approx(-3_600e6, abs=1e6)
        attempt = await gateway.dial("03")
        assert (await gateway.ended(attempt)).hangup_cause == 17
        assert simulator.asterisk.fenced == 1  # the probe only


# 8. Bounds


async def test_what_asterisk_does_not_answer_is_bounded(ami: Ami, simulator: Simulator) -> None:
    async with Running(ami, max_in_flight=10, answer_s=0.5, ping_every_s=30.0) as gateway:
        await gateway.up()
        simulator.freeze()
        asked = [asyncio.create_task(gateway.originate(*(origination() for _ in range(5)))) for _ in range(2)]
        await until(lambda: gateway.gateway.connection.link.pending >= 10)  # type: ignore[union-attr]
        turned_away = origination()
        with pytest.raises(Exhausted):
            await gateway.originate(turned_away)
        assert (await gateway.fate(turned_away.attempt_id)).fate == wire.FATE_NOT_DIALLED
        assert {verdict for one in asked for verdict in await one} == {UNKNOWN}
        simulator.thaw()
        await until(lambda: len([e for e in gateway.events if e.kind == wire.CALL_EVENT_KIND_SUBMITTED]) == 10)


# 9. A refused login


async def test_a_refused_login_is_shown_and_healed(records: Path) -> None:
    async with Simulator(Asterisk(), username="u", secret="right") as simulator:
        simulator.refuse_logins = True
        async with Running(("127.0.0.1", simulator.port, "u", "right"), refused_retry_s=0.2) as gateway:
            await until(lambda: gateway.state == AMI_STATE_LOGIN_REFUSED)
            status = gateway.gateway.status()
            assert "login" in status.ami_detail
            assert "right" not in status.ami_detail
            assert await gateway.originate(origination()) == [REFUSED]
            await until(lambda: simulator.actions["login"] >= 2, what="it is tried again")
            assert gateway.state == AMI_STATE_LOGIN_REFUSED
            simulator.refuse_logins = False
            await gateway.up()


async def test_a_wrong_secret_is_tried_slowly(simulator: Simulator) -> None:
    async with Running(("127.0.0.1", simulator.port, "discador", "wrong")) as gateway:
        await until(lambda: gateway.state == AMI_STATE_LOGIN_REFUSED)
        await asyncio.sleep(1.0)
        assert simulator.actions["login"] == 1


# Asterisk starts, stops, dies


async def test_while_asterisk_boots_no_call_is_placed(ami: Ami, simulator: Simulator) -> None:
    simulator.booted = False
    async with Running(ami) as gateway:
        await until(lambda: gateway.state == AMI_STATE_BOOTING)
        assert await gateway.originate(origination()) == [REFUSED]
        simulator.say_booted()
        await gateway.up()
        assert gateway.state == AMI_STATE_UP


async def test_without_a_fence_no_call_is_placed_and_the_reason_is_shown(
    ami: Ami, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("discador.ami_gateway.node_session._PROBE_S", 0.3)
    monkeypatch.setattr("discador.ami_gateway.node_session._PROBE_AGAIN_S", 0.3)
    begin, simulator.asterisk._begin = simulator.asterisk._begin, lambda *_: None  # type: ignore[method-assign]
    async with Running(ami) as gateway:
        await until(lambda: "no fence" in gateway.gateway.status().ami_detail)
        assert await gateway.originate(origination()) == [REFUSED]
        simulator.asterisk._begin = begin  # type: ignore[method-assign]
        await gateway.up()


async def test_a_planned_stop_is_told_as_one(gateway: Running, simulator: Simulator) -> None:
    await simulator.stop()
    await until(lambda: any("shut down" in event.reason for event in gateway.events))
    assert await gateway.originate(origination()) == [REFUSED]


async def test_calls_of_an_asterisk_that_died_are_ended_by_the_new_boot(gateway: Running, simulator: Simulator) -> None:
    talking = await gateway.dial("00", digits={"1": "repeat"})
    ringing = await gateway.dial("04")
    await gateway.heard(talking, "ANSWERED")
    await gateway.heard(ringing, "RINGING")
    await simulator.die()
    await until(lambda: gateway.state == AMI_STATE_DOWN)
    assert (await gateway.fate(talking)).fate == wire.FATE_UNDETERMINED
    await simulator.restart()
    await gateway.up()
    assert (await gateway.node_up(1)).boot_id != (await gateway.node_up(2)).boot_id
    cut = await gateway.settled(talking)
    assert (cut.fate, cut.source, cut.answered) == (wire.FATE_ENDED, "boot", True)
    # It may have been answered in the last moment: nobody can tell.
    assert (await gateway.settled(ringing)).fate == wire.FATE_NO_TRACE


async def test_an_originate_that_died_with_asterisk_leaves_no_trace(gateway: Running, simulator: Simulator) -> None:
    simulator.freeze()
    made = origination("00", wait_s=1.0)
    assert await gateway.originate(made) == [UNKNOWN]
    await simulator.die()
    simulator.frozen = False
    await simulator.restart()
    await gateway.up()
    assert (await gateway.settled(made.attempt_id)).fate == wire.FATE_NO_TRACE
    assert not simulator.asterisk.invites


async def test_calls_go_on_while_the_link_is_cut_and_are_found_again(gateway: Running, simulator: Simulator) -> None:
    staying, going = await gateway.dial("00", digits={"1": "repeat"}), await gateway.dial("01")
    await gateway.heard(going, "ANSWERED")
    simulator.refuse_logins = True
    simulator.drop_links()
    await until(lambda: going not in simulator.asterisk.calls, what="the second call is over")
    simulator.refuse_logins = False
    await gateway.up()
    assert [one.attempt_id for one in (await gateway.node_up(2)).live] == [staying]
    fate = await gateway.settled(going)
    assert (fate.fate, fate.source, fate.answered) == (wire.FATE_ENDED, "cdr", True)
    assert (await gateway.fate(staying)).fate == wire.FATE_LIVE


async def test_a_gateway_that_starts_anew_finds_what_the_dead_one_left(
    ami: Ami, simulator: Simulator, records: Path
) -> None:
    async with Running(ami, records=records) as first:
        await first.up()
        alive, over = await first.dial("00", digits={"1": "repeat"}), await first.dial("03")
        await first.ended(over)
    async with Running(ami, records=records) as second:
        await second.up()
        assert {one.attempt_id for one in (await second.node_up()).live} == {alive}
        assert (await second.fate(alive)).fate == wire.FATE_LIVE
        fate = await second.fate(over)
        assert (fate.fate, fate.hangup_cause, fate.source) == (wire.FATE_ENDED, 17, "cdr")
        unknown = new_attempt()
        assert (await second.fate(unknown)).fate == wire.FATE_UNDETERMINED
        assert (await second.settled(unknown)).fate == wire.FATE_NO_TRACE
        # Made long after this gateway became the only one, and never given to it: nobody has sent it.
        second.gateway.started_at -= 600.0
        assert (await second.fate(unknown)).fate == wire.FATE_NOT_DIALLED
        assert await second.gateway.hang_up([alive], 16) == [alive]
        await second.heard(alive, "HUNG_UP")


async def test_an_id_from_the_future_does_not_prove_that_it_was_never_sent(gateway: Running) -> None:
    gateway.gateway.started_at -= 600.0
    ahead = list(new_attempt())
    ahead[0:8] = f"{int(''.join(ahead[0:8]), 16) + 0x40:08x}"  # about 70 minutes ahead
    assert (await gateway.fate("".join(ahead))).fate != wire.FATE_NOT_DIALLED
    # From now on the master's clock is known to be wrong by that much.
    assert (await gateway.fate(new_attempt())).fate != wire.FATE_NOT_DIALLED


async def test_a_call_whose_time_is_over_is_not_sent(gateway: Running, simulator: Simulator) -> None:
    before = simulator.actions["originate"]
    made = origination(wait_s=-1.0)
    assert await gateway.originate(made) == [REFUSED]
    assert simulator.actions["originate"] == before
    await gateway.heard(made.attempt_id, "REFUSED")


async def test_while_stopping_and_on_standby_calls_are_refused_as_unsent(
    gateway: Running, simulator: Simulator
) -> None:
    gateway.gateway.originator.stopping = True
    made = origination()
    assert await gateway.originate(made) == [REFUSED]
    assert not simulator.asterisk.invites
    assert (await gateway.fate(made.attempt_id)).fate == wire.FATE_NOT_DIALLED


async def test_missing_call_records_are_shown_and_nothing_is_concluded(ami: Ami, tmp_path: Path) -> None:
    async with Running(ami, records=tmp_path / "not/there/discador.csv") as gateway:
        await gateway.up()
        gateway.gateway.connection.up_since -= 60.0
        assert (await gateway.fate(new_attempt())).fate == wire.FATE_UNDETERMINED
        assert "call records" in gateway.gateway.status().ami_detail


async def test_an_originate_that_comes_to_nothing_is_refused_after_a_while(
    gateway: Running, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("discador.ami_gateway.lookup.FAILED_S", 0.1)
    made = origination("00")
    begin = simulator.asterisk._begin

    def no_guard(headers: dict[str, str], variables: dict[str, str], channel: str) -> None:
        begin(headers, variables, "Local/nobody@nowhere/n")

    simulator.asterisk._begin = no_guard  # type: ignore[method-assign]
    assert await gateway.originate(made) == [ACCEPTED]
    await asyncio.sleep(0.3)
    await gateway.gateway.run_once()
    assert (await gateway.ended(made.attempt_id)).reason.startswith("no-channel")
